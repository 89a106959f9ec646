"""Baselines for the held-out set: bag of words, regular expressions, lead sentence.

They learn from the same training stream the model learns from.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable
from pathlib import Path

from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import documents
from entities import CURRENCIES, MONTHS
from evaluate import HERE, read_examples
from generator import Example, Generator
from scoring import scores

TRAINING_EXAMPLES = 20000
MONTH_NUMBER = {name[:3].lower(): number for number, name in enumerate(MONTHS, 1)}
NUMBER_KEYS = {"invoice": "invoice_number", "order": "order_number"}


def prompt(example: Example) -> str:
    return example.messages[-2]["content"]


def bag_of_words(task: str, held_out: list[Example], seed: int) -> list[str]:
    """Logistic regression on words and word pairs of the last user message."""
    generator = Generator("train", f"{seed}-baseline-{task}")
    training = [generator.example(task) for _ in range(TRAINING_EXAMPLES)]
    labelled = [(last_user(example), example.kind) for example in training]
    model = make_pipeline(CountVectorizer(ngram_range=(1, 2), min_df=2), LogisticRegression(max_iter=300))
    model.fit([text for text, _ in labelled], [label for _, label in labelled])
    return list(model.predict([prompt(example) for example in held_out]))


def last_user(example: Example) -> str:
    """The prompt that was answered with the example's label."""
    turns = zip(example.messages, example.messages[1:], strict=False)
    return next(asked["content"] for asked, answer in turns if answer["content"] == example.kind)


def iso_date(text: str) -> str | None:
    """The first date in a text, as YYYY-MM-DD."""
    if found := re.search(r"\d{4}-\d\d-\d\d", text):
        return found[0]
    if found := re.search(r"(\d\d)\.(\d\d)\.(\d{4})", text):
        return f"{found[3]}-{found[2]}-{found[1]}"
    if found := re.search(r"(\d{1,2}) ([A-Z][a-z]{2})[a-z]* (\d{4})", text):
        return f"{found[3]}-{MONTH_NUMBER.get(found[2].lower(), 0):02d}-{int(found[1]):02d}"
    if found := re.search(r"([A-Z][a-z]{2})[a-z]* (\d{1,2}), (\d{4})", text):
        return f"{found[3]}-{MONTH_NUMBER.get(found[1].lower(), 0):02d}-{int(found[2]):02d}"
    return None


def labelled(text: str, labels: list[str]) -> str | None:
    """What follows a training label such as `Vendor:` up to the end of the line."""
    for label in sorted(labels, key=len, reverse=True):
        if found := re.search(rf"{re.escape(label)}\s*[:=-]\s*(.+?)(?:[\n|;]|, |$)", text, re.IGNORECASE):
            return found[1].strip()
    return None


def first(pattern: str, text: str) -> str | None:
    found = re.search(pattern, text)
    return found[0] if found else None


def expressions(example: Example) -> str:
    """Regular expressions for dates, money, codes and addresses, labels and capitals for names."""
    text, kind = prompt(example), example.kind
    money = re.search(
        r"(EUR|USD|GBP|CHF|[€$£]) ?([\d,]+(?:\.\d\d)?)|([\d,]+(?:\.\d\d)?) ?(EUR|USD|GBP|CHF|[€$£])", text
    )
    symbols = {symbol: code for code, symbol in CURRENCIES.items()}
    code = (money[1] or money[4]) if money else None
    total = (money[2] or money[3]).replace(",", "") if money else ""
    quantity = first(r"\b\d{1,3}(?= x? ?[a-z])", text)
    names = re.findall(r"(?:[A-Z][\w&-]+ ?){2,3}", text)
    name = names[-1].strip() if names else None
    values: dict[str, object] = {
        "date": iso_date(text),
        "currency": symbols.get(code or "", code),
        "total": float(total) if total.strip(".") else None,
        "invoice_number": first(r"[A-Z]*-?\d[\w/-]{3,}", text),
        "order_number": first(r"[A-Z]*-?\d[\w/-]{3,}", text),
        "email": first(r"[\w.]+@[\w.]+\w", text),
        "phone": first(r"\+?\d{2,3}[ -]\d[\d -]+\d", text),
        "time": first(r"\d{1,2}:\d\d|\d{1,2} [ap]m", text),
        "quantity": int(quantity) if quantity else None,
        "vendor": name,
        "customer": name,
        "name": name,
        "person": name,
        "company": name,
    }
    for slot, labels in documents.LABELS[kind].items():
        if slot in {"vendor", "customer", "item", "city", "name", "company", "person", "place"}:
            values[slot] = labelled(text, labels["train"]) or values.get(slot)
    asked = [key for key in documents.KEYS[kind] if key in text] or list(documents.KEYS[kind])
    keys = asked if len(asked) > 1 and "," in text else list(documents.KEYS[kind])
    return json.dumps({key: values.get(key) for key in keys})


def lead(example: Example) -> str:
    """The first sentence of the text."""
    sentences = re.split(r"(?<=[.!?])\s+", re.sub(r"^[^:]*:\s*|\n.*summary.*$", "", prompt(example)))
    return sentences[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", type=Path, default=HERE / "heldout.jsonl")
    parser.add_argument("--seed", type=int, default=20)
    args = parser.parse_args()
    examples = read_examples(args.set)
    by_rule: dict[str, Callable[[Example], str]] = {"extract": expressions, "summary": lead}
    for task in ("classify", "sentiment", "extract", "summary"):
        held_out = [example for example in examples if example.task == task]
        found = (
            [by_rule[task](example) for example in held_out]
            if task in by_rule
            else bag_of_words(task, held_out, args.seed)
        )
        for name, score in scores(held_out, found).items():
            if "/" not in name:
                print(f"{score:6.1f}  {name}")


if __name__ == "__main__":
    main()
