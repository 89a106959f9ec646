"""Shows that the training stream holds no entity and no phrasing of the dev and held-out splits."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Tokenizer

import conversation
import documents
import entities
import helpdesk
import layouts
import phrasings
import reviews
import tickets
from generator import training_chunk
from splits import split_of
from text import letter_pieces

HERE = Path(__file__).parent

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


def phrasing_tables(split: str) -> Iterator[tuple[list[str], list[str]]]:
    """Pairs of training phrasings and those of another split."""
    for label in tickets.LABELS:
        more = helpdesk.WHOLE[label]
        other = {"dev": tickets.DEV, "heldout": tickets.HELDOUT}[split][label] + split_of(more, split)
        yield tickets.TRAIN[label] + split_of(more, "train"), other
    for table, more in (
        (tickets.ASK, helpdesk.ASK),
        (tickets.SETTLED, helpdesk.ASIDES),
        (phrasings.ASK_SENTIMENT, reviews.ASK),
    ):
        yield table["train"] + split_of(more, "train"), table[split] + split_of(more, split)
    yield split_of(helpdesk.FRAMES, "train"), split_of(helpdesk.FRAMES, split)
    for table in (
        tickets.OPENERS,
        tickets.CLOSERS,
        documents.ASK,
        phrasings.ASK_SUMMARY,
        phrasings.FILLER,
        phrasings.CAUSES,
        phrasings.ACTIONS,
        conversation.SYSTEM,
    ):
        yield table["train"], table[split]
    for kind in documents.KEYS:
        yield documents.WHOLE[kind]["train"], documents.WHOLE[kind][split]
        yield documents.EXTRA[kind]["train"] + layouts.ASIDES[kind], documents.EXTRA[kind][split]
        for slot, labels in documents.LABELS[kind].items():
            yield layouts.LABELS[kind, slot], labels[split]
        for clauses in documents.CLAUSES[kind].values():
            yield clauses["train"], clauses[split]
    for label in ("positive", "negative", "neutral"):
        more = reviews.WHOLE[label]
        other = phrasings.SENTIMENT[split][label] + split_of(more, split)
        yield phrasings.SENTIMENT["train"][label] + split_of(more, "train"), other
        for lists in (reviews.CLAUSES, reviews.VERDICTS, reviews.FRAMES):
            yield split_of(lists[label], "train"), split_of(lists[label], split)
    for signs in phrasings.ARITHMETIC.values():
        yield signs["train"], signs[split]
    for facts in (phrasings.MEETING, phrasings.INCIDENT):
        yield from zip(facts["train"], facts[split], strict=True)
    for _, prompts in conversation.INTENTS.values():
        yield prompts["train"], prompts[split]


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
    letters = letter_pieces(Tokenizer.from_file(str(HERE.parent / "tokenizer.json")))
    stream = json.dumps(
        [example.messages for example in training_chunk(args.seed, 0, args.examples, 0.0, letters)], ensure_ascii=False
    )
    words = set(re.findall(r"\w+", stream.lower()))
    found = False
    for split in ("dev", "heldout"):
        shared = [
            text
            for train, other in phrasing_tables(split)
            for text in set().union(*map(variants, train)) & set().union(*map(variants, other))
        ]
        leaked = sorted({word.lower() for lists in ENTITY_LISTS for word in lists[split]} & words)
        print(f"{split}: shared phrasings {shared}, entities in {args.examples} training examples {leaked}")
        found = found or bool(shared or leaked)
    raise SystemExit(found)


if __name__ == "__main__":
    main()
