"""Seeded generator of desk-work conversations for the pilot model.

Every example belongs to a split (`train`, `dev`, `heldout`). Splits use
different entities and different phrasings; see the tables in the modules
imported here.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import conversation
import documents
import helpdesk
import layouts
import phrasings
import reviews
import tickets
from entities import CURRENCIES, RESERVED, Entities, money_text
from splits import split_of

Message = dict[str, str]
HELDOUT_COUNTS = {"classify": 120, "extract": 140, "sentiment": 80, "arithmetic": 50, "summary": 50, "chat": 60}
WEIGHTS = {
    "extract": 0.28,
    "classify": 0.22,
    "sentiment": 0.29,
    "summary": 0.08,
    "arithmetic": 0.07,
    "chat": 0.03,
    "repeat": 0.03,
}
COMPOSED_SHARE = 0.5
CHOICE = re.compile(r"\[([^\[\]]*)\]")


@dataclass
class Example:
    """One conversation; the last message is the answer that is scored."""

    task: str
    kind: str
    messages: list[Message]


class Slots(dict[str, str]):
    """Slot values of one text, drawn when first used and then kept."""

    def __init__(self, source: Entities, **values: str) -> None:
        super().__init__(values)
        self.source = source

    def __missing__(self, slot: str) -> str:
        name = re.sub(r"\d+$", "", slot)
        source = self.source
        makers = {
            "date": lambda: source.date().text,
            "month": lambda: source.date().month,
            "year": lambda: str(source.date().year),
            "other": source.amount,
            "customer": source.person,
            "items": lambda: f"{source.number()} x {source.item()}",
            "noun": lambda: source.item().split()[-1],
            "thing": self.thing,
            "team": lambda: source.rng.choice(phrasings.TEAMS[source.split]),
            "clock": lambda: f"{source.rng.randint(7, 21)}:{source.rng.choice(('00', '15', '30', '45'))}",
            "pos": lambda: self.adjective("positive"),
            "neg": lambda: self.adjective("negative"),
            "neu": lambda: self.adjective("neutral"),
        }
        if words := reviews.WORDS.get(name) or helpdesk.WORDS.get(name):
            self[slot] = source.rng.choice(split_of(words, source.split)).format_map(self)
            return self[slot]
        self[slot] = makers[name]() if name in makers else getattr(source, name)()
        return self[slot]

    def adjective(self, label: str) -> str:
        rng = self.source.rng
        wide = self.source.split == "train" and rng.random() < 0.65
        more = phrasings.MORE_ADJECTIVES[label] + reviews.ADJECTIVES[label]
        return rng.choice(more if wide else phrasings.ADJECTIVES[label])

    def thing(self) -> str:
        rng = self.source.rng
        wide = self.source.split == "train" and rng.random() < 0.6
        return rng.choice(reviews.THINGS if wide else phrasings.PLACES[self.source.split])


class Generator:
    """Produces examples of one split from one random source."""

    def __init__(self, split: str, seed: str, pieces: Sequence[str] = ()) -> None:
        self.split = split
        self.rng = random.Random(seed)
        self.entities = Entities(split, self.rng, pieces)

    def example(self, task: str, kind: str = "") -> Example:
        """A conversation whose last exchange is of the given task."""
        rng = self.rng
        make = getattr(self, task)
        kind, messages = make(kind)
        turns = [messages]
        if task != "repeat" and rng.random() < 0.1:
            for _ in range(rng.randint(1, 2)):
                other = rng.choice(("classify", "sentiment", "arithmetic", "chat", "chat", "extract"))
                turns.insert(0, getattr(self, other)("")[1])
        elif self.split == "train" and rng.random() < 0.06:
            turns.append(self._follow_up(messages))
        flat = [message for turn in turns for message in turn]
        if rng.random() < 0.3:
            flat.insert(0, {"role": "system", "content": self._text(rng.choice(conversation.SYSTEM[self.split]))})
        return Example(task, kind, flat)

    def _expand(self, template: str) -> str:
        """Replaces each `[a|b]` by one alternative."""
        return CHOICE.sub(lambda match: self.rng.choice(match[1].split("|")), template)

    def _text(self, template: str, slots: Slots | None = None) -> str:
        filled = self._expand(template).format_map(slots if slots is not None else Slots(self.entities))
        return re.sub(r" +", " ", filled).strip()

    def _ask(self, asks: list[str], text: str, answer: str, **values: str) -> list[Message]:
        prompt = self._expand(self.rng.choice(asks)).format(text=text, **values)
        if self.split == "train" and prompt.endswith(text) and self.rng.random() < 0.06:
            head = prompt.removesuffix(text)
            prompt = head.lower() + prompt[len(head) :]
        return exchange(prompt, answer)

    def classify(self, label: str) -> tuple[str, list[Message]]:
        rng, split = self.rng, self.split
        label = label or rng.choice(tickets.LABELS)
        slots = Slots(self.entities)
        parts = [self._ticket(label, slots)]
        others = [name for name in tickets.LABELS if name != label]
        if rng.random() < 0.3:
            topic = rng.choice(others)
            settled = self._text(
                rng.choice(tickets.SETTLED[split]), Slots(self.entities, topic=rng.choice(tickets.TOPICS[topic]))
            )
            parts.insert(rng.randint(0, len(parts)), capital(settled))
        if split != "heldout" and rng.random() < 0.3:
            parts.insert(rng.randint(0, len(parts)), self._aside(rng.choice(others)))
        if split != "heldout" and rng.random() < 0.25:
            frame = self._text(
                rng.choice(split_of(helpdesk.FRAMES, split)), Slots(self.entities, text="{text}", other="{other}")
            )
            other = self._ticket(rng.choice(others), Slots(self.entities))
            parts = [frame.replace("{text}", " ".join(parts)).replace("{other}", other)]
        if rng.random() < 0.45:
            parts.insert(0, self._text(rng.choice(tickets.OPENERS[split]), slots))
        if rng.random() < 0.45:
            parts.append(self._text(rng.choice(tickets.CLOSERS[split]), slots))
        text = " ".join(parts)
        if split == "train":
            text = self._noise(text)
        labels = list(tickets.LABELS)
        if rng.random() < 0.5:
            rng.shuffle(labels)
        asks = tickets.ASK[split] + split_of(helpdesk.ASK, split)
        return label, self._ask(asks, text, label, labels=listing(labels, rng))

    def _ticket(self, label: str, slots: Slots) -> str:
        """A sentence of a label; in training now and then two, or parts of two, or with unknown words."""
        rng, split = self.rng, self.split
        pool = {"train": tickets.TRAIN, "dev": tickets.DEV, "heldout": tickets.HELDOUT}[split][label]
        pool = pool + split_of(helpdesk.WHOLE[label], split)
        text = capital(self._text(rng.choice(pool), slots))
        if split != "train":
            return text
        if rng.random() < 0.2:
            text = f"{self._text(rng.choice(tickets.LEADS), slots)} {text[0].lower()}{text[1:]}"
        if rng.random() < 0.2:
            text = self._splice(text, self._text(rng.choice(pool), slots))
        if rng.random() < 0.15:
            text += " " + capital(self._text(rng.choice(pool), slots))
        return self._blur(text, 0.3)

    def _aside(self, label: str) -> str:
        """A remark that names a topic of a label which the ticket does not have."""
        rng, split = self.rng, self.split
        topics = helpdesk.TOPICS[label] if split == "train" else tickets.TOPICS[label]
        remark = rng.choice(split_of(helpdesk.ASIDES, split))
        remark = capital(self._text(remark, Slots(self.entities, topic=rng.choice(topics))))
        return remark + rng.choice((".", ".", ".", ".", "!", ";", ",", " -"))

    def sentiment(self, label: str) -> tuple[str, list[Message]]:
        rng, split = self.rng, self.split
        label = label or rng.choice(("positive", "negative", "neutral"))
        slots = Slots(self.entities)
        pool = phrasings.SENTIMENT[split]
        framed = split != "heldout" and rng.random() < 0.3
        if framed:
            parts = [self._framed(label, slots)]
        else:
            whole = pool[label] + split_of(reviews.WHOLE[label], split)
            parts = [capital(self._text(rng.choice(whole), slots))]
            if split == "train" and rng.random() < 0.3:
                parts.append(capital(self._text(rng.choice(whole), slots)))
        if rng.random() < 0.3:
            facts = [fact for fact in pool["neutral"] if not re.search(r"\{(pos|neg|neu)", fact)]
            parts.insert(0, capital(self._text(rng.choice(facts), slots)))
        if split == "train" and rng.random() < 0.15:
            fact = self._text(rng.choice(split_of(reviews.CLAUSES["neutral"], split)), slots)
            parts.insert(rng.randint(0, 1), capital(fact) + ".")
        text = " ".join(parts)
        if split == "train":
            text = self._noise(text if framed else self._blur(text, 0.15, phrasings.TURNING_WORDS))
        return label, self._ask(phrasings.ASK_SENTIMENT[split] + split_of(reviews.ASK, split), text, label)

    def _framed(self, label: str, slots: Slots) -> str:
        """Clauses of praise, blame and fact, joined so that the frame decides."""
        rng, split = self.rng, self.split
        clauses = {
            mark + number: self._text(
                rng.choice(split_of(reviews.CLAUSES[kind], split)), Slots(self.entities, thing=slots["thing"])
            )
            for mark, kind in (("P", "positive"), ("N", "negative"), ("F", "neutral"))
            for number in ("", "2")
        }
        verdict = self._text(rng.choice(split_of(reviews.VERDICTS[label], split)), slots)
        frame = rng.choice(split_of(reviews.FRAMES[label], split))
        text = self._text(frame, Slots(self.entities, v=verdict, thing=slots["thing"], **clauses))
        return re.sub(r"(^|[.!?] )([a-z])", lambda match: match[1] + match[2].upper(), text)

    def _blur(self, text: str, share: float, keep: Collection[str] = ()) -> str:
        """In a share of the texts some words are dropped or unknown, so that no single word decides."""
        rng = self.rng
        if rng.random() > share:
            return text
        loss = rng.choice((0.1, 0.2, 0.3))
        words = []
        for word in text.split():
            if word.lower().strip(".,:!?") in keep or rng.random() > loss:
                words.append(word)
            elif rng.random() < 0.3:
                words.append(self.entities.word())
        return " ".join(words) or text

    def _splice(self, text: str, other: str) -> str:
        """The beginning of one text and the end of another."""
        head, tail = text.split(), other.split()
        cut = self.rng.uniform(0.3, 0.7)
        return " ".join(head[: round(cut * len(head))] + tail[round(cut * len(tail)) :])

    def _noise(self, text: str) -> str:
        """Now and then lower case, a missing full stop or a typing error."""
        rng = self.rng
        chance = rng.random()
        if chance < 0.05:
            return text.lower()
        if chance < 0.1:
            return text.rstrip(".!?")
        if chance < 0.15:
            at = rng.randrange(len(text) - 1)
            typo = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
            return text if RESERVED & set(re.findall(r"\w+", typo.lower())) else typo
        return text

    def extract(self, kind: str) -> tuple[str, list[Message]]:
        rng, split = self.rng, self.split
        kind = kind or rng.choice(list(documents.KEYS))
        shown, values = self._record(kind)
        absent = [rng.choice(list(shown))] if rng.random() < 0.1 else []
        text = self._document(kind, shown, absent)
        for slot in absent:
            for key in {"money": ("currency", "total"), "bought": ("item", "quantity")}.get(slot, (slot,)):
                values[key] = "null"
        keys = list(documents.KEYS[kind])
        asks = documents.ASK[split]
        if rng.random() < 0.12:
            rng.shuffle(keys)
            keys = keys[: rng.randint(2, len(keys))]
            asks = [ask for ask in asks if "{keys}" in ask]
        answer = "{" + ", ".join(f'"{key}": {values[key]}' for key in keys) + "}"
        return kind, self._ask(asks, text, answer, kind=kind, keys=listing(keys, rng))

    def _record(self, kind: str) -> tuple[dict[str, str], dict[str, str]]:
        """Slot texts for the document and JSON values for the answer."""
        rng, source = self.rng, self.entities
        date = source.date()
        if kind == "invoice":
            cents, code = source.cents(), rng.choice(list(CURRENCIES))
            shown = {
                "vendor": source.company(),
                "invoice_number": source.document_number(("INV", "RE", "R", "F", "BILL", "I")),
            }
            values = {key: json.dumps(value, ensure_ascii=False) for key, value in shown.items()}
            shown |= {"date": date.text, "money": money_text(rng, cents, code)}
            return shown, values | {
                "date": f'"{date.iso}"',
                "currency": f'"{code}"',
                "total": f"{cents // 100}.{cents % 100:02d}",
            }
        if kind == "order":
            quantity = rng.choice((rng.randint(2, 20), rng.randint(2, 500)))
            customer = source.person() if rng.random() < 0.7 else source.company()
            shown = {
                "customer": customer,
                "order_number": source.document_number(("ORD", "PO", "A", "O", "ORDER")),
                "item": source.item(),
                "quantity": str(quantity),
                "city": source.city(),
            }
            values = {key: json.dumps(value, ensure_ascii=False) for key, value in shown.items()}
            return shown, values | {"quantity": str(quantity)}
        if kind == "contact":
            name, company = source.person(), source.company()
            shown = {"name": name, "company": company, "email": source.email(name, company), "phone": source.phone()}
            return shown, {key: json.dumps(value, ensure_ascii=False) for key, value in shown.items()}
        hour = rng.randint(7, 19)
        time = rng.choice(
            (
                f"{hour}:{rng.choice(('00', '15', '30', '45'))}",
                f"{hour:02d}:{rng.randint(0, 59):02d}",
                f"{(hour - 1) % 12 + 1} {'am' if hour < 12 else 'pm'}",
            )
        )
        place = (
            source.city()
            if rng.random() < 0.6
            else f"{rng.choice(('room', 'Room', 'hall', 'office'))} {source.letters(0, 1)}{source.digits(1, 3)}"
        )
        shown = {"person": source.person(), "time": time, "place": place}
        values = {key: json.dumps(value, ensure_ascii=False) for key, value in shown.items()}
        return shown | {"date": date.text}, values | {"date": f'"{date.iso}"'}

    def _document(self, kind: str, shown: dict[str, str], absent: list[str]) -> str:
        """A text that states all slots but the absent ones."""
        rng, split = self.rng, self.split
        slots = Slots(self.entities, **shown)
        if split == "train" and rng.random() < COMPOSED_SHARE:
            return self._composed(kind, shown, absent, slots)
        style = rng.random()
        extras = [
            self._text(rng.choice(documents.EXTRA[kind][split]), slots) for _ in range(rng.choice((0, 0, 0, 1, 1, 2)))
        ]
        if style < 0.4 and not absent:
            text = self._text(rng.choice(documents.WHOLE[kind][split]).replace("\n", "\0"), slots).replace("\0", "\n")
            text = text if "\n" in text else self._unknown_neighbour(text, shown)
            return text + ("\n" if "\n" in text else " ") + extras[0] if extras else text
        if style < 0.7:
            clauses = documents.CLAUSES[kind]
            names = list(clauses)
            if "bought" in clauses and ({"item", "quantity"} & set(absent)):
                absent[:] = ["bought"]
            parts = [self._text(rng.choice(clauses[name][split]), slots) for name in names if name not in absent]
            if rng.random() < 0.6:
                rng.shuffle(parts)
            for extra in extras:
                parts.insert(rng.randint(0, len(parts)), extra)
            return self._unknown_neighbour(" ".join(parts), shown)
        labels = documents.LABELS[kind]
        mark = rng.choice((": ", ": ", ": ", " - ", " = ", ":", " "))
        lines = []
        for name in labels:
            if name in absent:
                continue
            label = rng.choice(labels[name][split])
            lines.append(f"{label}{mark}{shown[name]}")
        if rng.random() < 0.5:
            rng.shuffle(lines)
        for extra in extras:
            lines.insert(rng.randint(0, len(lines)), extra)
        heading = rng.random()
        if heading < 0.2:
            lines.insert(0, kind.upper() if heading < 0.1 else kind.capitalize())
        return rng.choice(("\n", "\n", "\n", ", ", "; ", " | ")).join(lines)

    def _composed(self, kind: str, shown: dict[str, str], absent: list[str], slots: Slots) -> str:
        """A text with rivals: a form, or sentences when nothing is absent."""
        rng = self.rng
        if absent or rng.random() < 0.5:
            return layouts.form(kind, shown, absent, lambda template: self._text(template, slots), rng)
        text = layouts.sentences(kind, lambda template: self._text(template, slots), rng)
        return self._unknown_neighbour(text, shown)

    def _unknown_neighbour(self, text: str, shown: dict[str, str]) -> str:
        """Now and then an unknown word beside a name, so that names end where capitals end."""
        rng = self.rng
        if self.split != "train" or rng.random() > 0.25:
            return text
        names = [value for value in shown.values() if all(part[0].isupper() for part in value.split())]
        if not names:
            return text
        name, word = rng.choice(names), self.entities.word(1, 2)
        return text.replace(name, rng.choice((f"{name} {word}", f"{name} {word}", f"{word} {name}")), 1)

    def summary(self, kind: str) -> tuple[str, list[Message]]:
        rng, split, source = self.rng, self.split, self.entities
        kind = kind or rng.choice(("meeting", "incident"))
        product = source.product().removeprefix("the ")
        slots = Slots(source, product=product, team=self._team(), cause=self._text(rng.choice(phrasings.CAUSES[split])))
        if kind == "meeting":
            slots["action"] = rng.choice(phrasings.ACTIONS[split]).format_map(slots)
            facts, template = phrasings.MEETING[split], phrasings.MEETING_SUMMARY
        else:
            facts, template = phrasings.INCIDENT[split], phrasings.INCIDENT_SUMMARY
        parts = [capital(self._text(rng.choice(fact), slots)) for fact in facts]
        filler = Slots(source)
        for _ in range(rng.choice((0, 1, 1, 2))):
            parts.insert(rng.randint(0, len(parts)), capital(self._text(rng.choice(phrasings.FILLER[split]), filler)))
        return kind, self._ask(phrasings.ASK_SUMMARY[split], " ".join(parts), capital(self._text(template, slots)))

    def _team(self) -> str:
        invented = self.split == "train" and self.rng.random() < 0.4
        return self.entities.word() if invented else self.rng.choice(phrasings.TEAMS[self.split])

    def arithmetic(self, sign: str) -> tuple[str, list[Message]]:
        rng = self.rng
        sign = sign or rng.choice("++--*")
        high = 12 if sign == "*" else rng.choice((20, 99, 99))
        while True:
            a, b = rng.randint(1, high), rng.randint(1, high)
            if sign == "-" and a < b:
                a, b = b, a
            if pair_split(a, sign, b) == self.split:
                break
        result = {"+": a + b, "-": a - b, "*": a * b}[sign]
        prompt = self._text(
            rng.choice(phrasings.ARITHMETIC[sign][self.split]), Slots(self.entities, a=str(a), b=str(b))
        )
        return sign, exchange(prompt, f"{a} {sign} {b} = {result}")

    def chat(self, intent: str) -> tuple[str, list[Message]]:
        rng = self.rng
        names = list(conversation.INTENTS)
        if self.split == "train" and not intent and rng.random() < 0.06:
            return "name", self._name()
        intent = intent or rng.choice([*names, "unknown", "unknown", "unknown", "ferry", "identity"])
        answer, prompts = conversation.INTENTS[intent]
        prompt = capital(self._text(rng.choice(prompts[self.split])))
        return intent, exchange(self._noise(prompt) if self.split == "train" and len(prompt) > 4 else prompt, answer)

    def _name(self) -> list[Message]:
        """The user tells a name and asks for it later."""
        rng = self.rng
        first = self.entities.first()
        turns = exchange(
            rng.choice(conversation.NAME_TELL).format(first=first), conversation.NAME_REPLY.format(first=first)
        )
        if rng.random() < 0.3:
            turns += self.arithmetic("")[1]
        if rng.random() < 0.8:
            turns += exchange(rng.choice(conversation.NAME_ASK), conversation.NAME_ANSWER.format(first=first))
        return turns

    def _follow_up(self, messages: list[Message]) -> list[Message]:
        """A question about the answer that was just given."""
        rng = self.rng
        answer = messages[-1]["content"]
        if answer.startswith("{"):
            key, value = rng.choice(list(json.loads(answer, parse_float=str).items()))
            field = key.replace("_", " ")
            reply = conversation.FIELD_MISSING if value is None else conversation.FIELD_ANSWER
            return exchange(
                rng.choice(conversation.FIELD_ASK).format(field=field), reply.format(field=field, value=value)
            )
        if len(answer) < 24 and not answer.endswith(("!", ".")):
            return exchange(rng.choice(conversation.SURE_ASK), conversation.SURE_ANSWER.format(answer=answer))
        _, prompts = conversation.INTENTS["thanks"]
        return exchange(self._text(rng.choice(prompts["train"])), conversation.INTENTS["thanks"][0])

    def repeat(self, kind: str) -> tuple[str, list[Message]]:
        """Copying practice: random words, names and numbers."""
        rng, source = self.rng, self.entities
        makers = (
            source.word,
            source.code,
            source.first,
            source.last,
            source.company,
            source.item,
            source.email,
            source.phone,
            source.cents,
        )
        text = " ".join(str(rng.choice(makers)()) for _ in range(rng.randint(1, 6)))
        return "repeat", exchange(rng.choice(phrasings.REPEAT).format(text=text), text)


def exchange(prompt: str, answer: str) -> list[Message]:
    return [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def listing(words: list[str], rng: random.Random) -> str:
    """`a, b, c` or `a, b and c`."""
    if rng.random() < 0.5:
        return ", ".join(words)
    return ", ".join(words[:-1]) + " and " + words[-1]


def pair_split(a: int, sign: str, b: int) -> str:
    """The split that owns a sum; ten percent are held out, five are for dev."""
    bucket = hashlib.sha256(f"{a}{sign}{b}".encode()).digest()[0] % 20
    return {0: "heldout", 1: "heldout", 2: "dev"}.get(bucket, "train")


def training_chunk(seed: int, index: int, size: int, repeat: float, pieces: Sequence[str] = ()) -> list[Example]:
    """Chunk `index` of the training stream; `repeat` raises the copying share.

    `pieces` are those of the tokenizer, once there is one.
    """
    generator = Generator("train", f"{seed}-train-{index}", pieces)
    weights = WEIGHTS | {"repeat": max(repeat, WEIGHTS["repeat"])}
    tasks = generator.rng.choices(list(weights), weights=list(weights.values()), k=size)
    return [generator.example(task) for task in tasks]


def evaluation_set(split: str, seed: int, counts: dict[str, int]) -> Iterator[Example]:
    """A fixed set without repeated prompts, with labels and kinds in turn."""
    generator = Generator(split, f"{seed}-{split}")
    kinds = {
        "classify": list(tickets.LABELS),
        "extract": list(documents.KEYS),
        "sentiment": ["positive", "negative", "neutral"],
        "arithmetic": ["+", "-", "*"],
        "summary": ["meeting", "incident"],
        "chat": [*conversation.INTENTS, "unknown", "unknown", "ferry"],
    }
    for task, count in counts.items():
        seen: set[str] = set()
        while len(seen) < count:
            example = generator.example(task, kinds[task][len(seen) % len(kinds[task])])
            prompt = json.dumps(example.messages[:-1])
            if prompt not in seen:
                seen.add(prompt)
                yield example


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the held-out set.")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("heldout.jsonl"))
    args = parser.parse_args()
    examples = evaluation_set("heldout", args.seed, HELDOUT_COUNTS)
    lines = [
        json.dumps({"id": number, **asdict(example)}, ensure_ascii=False) for number, example in enumerate(examples)
    ]
    args.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
