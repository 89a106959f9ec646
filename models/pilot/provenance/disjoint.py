"""Shows that the training stream holds no held-out entity and no held-out phrasing."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator

import conversation
import documents
import entities
import phrasings
import tickets
from generator import training_chunk

ENTITY_LISTS = (
    entities.FIRST,
    entities.LAST,
    entities.COMPANY,
    entities.CITY,
    entities.ITEM_ADJ,
    entities.ITEM_NOUN,
    entities.PRODUCT,
    phrasings.PLACES,
    phrasings.TEAMS,
)


def phrasing_tables() -> Iterator[tuple[list[str], list[str]]]:
    """Pairs of training and held-out phrasings."""
    for label in tickets.LABELS:
        yield tickets.TRAIN[label], tickets.HELDOUT[label]
    for table in (
        tickets.OPENERS,
        tickets.CLOSERS,
        tickets.SETTLED,
        tickets.ASK,
        documents.ASK,
        phrasings.ASK_SENTIMENT,
        phrasings.ASK_SUMMARY,
        phrasings.FILLER,
        phrasings.CAUSES,
        phrasings.ACTIONS,
        conversation.SYSTEM,
    ):
        yield table["train"], table["heldout"]
    for kind in documents.KEYS:
        yield documents.WHOLE[kind]["train"], documents.WHOLE[kind]["heldout"]
        for slot in (*documents.LABELS[kind].values(), *documents.CLAUSES[kind].values()):
            yield slot["train"], slot["heldout"]
    for label in ("positive", "negative", "neutral"):
        yield phrasings.SENTIMENT["train"][label], phrasings.SENTIMENT["heldout"][label]
    for signs in phrasings.ARITHMETIC.values():
        yield signs["train"], signs["heldout"]
    for facts in (phrasings.MEETING, phrasings.INCIDENT):
        yield from zip(facts["train"], facts["heldout"], strict=True)
    for _, prompts in conversation.INTENTS.values():
        yield prompts["train"], prompts["heldout"]


def variants(template: str) -> set[str]:
    """Everything a template with `[a|b]` choices can say, in lower case."""
    done, todo = set(), [template]
    while todo:
        text = todo.pop()
        choice = re.search(r"\[([^\[\]]*)\]", text)
        if choice:
            todo += [text[: choice.start()] + option + text[choice.end() :] for option in choice[1].split("|")]
        else:
            done.add(" ".join(text.lower().split()))
    return done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--examples", type=int, default=50000)
    args = parser.parse_args()
    shared = [
        text
        for train, held_out in phrasing_tables()
        for text in set().union(*map(variants, train)) & set().union(*map(variants, held_out))
    ]
    stream = json.dumps(
        [example.messages for example in training_chunk(args.seed, 0, args.examples, 0.0)], ensure_ascii=False
    )
    words = set(re.findall(r"\w+", stream.lower()))
    leaked = sorted({word.lower() for lists in ENTITY_LISTS for word in lists["heldout"]} & words)
    print(f"shared phrasings: {shared}\nheld-out entities in {args.examples} training examples: {leaked}")
    raise SystemExit(bool(shared or leaked))


if __name__ == "__main__":
    main()
