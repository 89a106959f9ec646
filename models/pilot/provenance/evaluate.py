"""Scores a pilot folder on the held-out set, one greedy answer at a time."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from generator import Example
from scoring import answers, scores

HERE = Path(__file__).parent


def read_examples(path: Path) -> list[Example]:
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [Example(row["task"], row["kind"], row["messages"]) for row in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=HERE.parent)
    parser.add_argument("--set", type=Path, default=HERE / "heldout.jsonl")
    parser.add_argument("--answers", type=Path, help="write the answers here as JSON lines")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    tokenizer = AutoTokenizer.from_pretrained(args.model)
    model = AutoModelForCausalLM.from_pretrained(args.model, dtype=torch.float32)
    examples = read_examples(args.set)
    found = answers(model, tokenizer, examples, batch_size=1)
    if args.answers:
        rows = (
            {
                "task": example.task,
                "kind": example.kind,
                "prompt": example.messages[-2]["content"],
                "truth": example.messages[-1]["content"],
                "answer": answer,
            }
            for example, answer in zip(examples, found, strict=True)
        )
        args.answers.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    for name, score in scores(examples, found).items():
        print(f"{score:6.1f}  {name}")


if __name__ == "__main__":
    main()
