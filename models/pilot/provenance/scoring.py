"""Greedy answers and scores per task."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence

import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from generator import Example


@torch.inference_mode()
def answers(
    model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, examples: Sequence[Example], batch_size: int
) -> list[str]:
    """The greedy answer to each conversation without its last message."""
    found = []
    for start in range(0, len(examples), batch_size):
        prompts = [
            tokenizer.apply_chat_template(example.messages[:-1], add_generation_prompt=True, tokenize=False)
            for example in examples[start : start + batch_size]
        ]
        batch = tokenizer(prompts, return_tensors="pt", padding=True, padding_side="left", add_special_tokens=False)
        output = model.generate(
            input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], max_new_tokens=160, do_sample=False
        )
        found += tokenizer.batch_decode(output[:, batch["input_ids"].shape[1] :], skip_special_tokens=True)
    return found


def parsed(text: str) -> dict[str, object] | None:
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def word_f1(answer: str, truth: str) -> float:
    """F1 of the words two texts share."""
    left, right = Counter(answer.lower().split()), Counter(truth.lower().split())
    shared = sum((left & right).values())
    return 2 * shared / (sum(left.values()) + sum(right.values())) if shared else 0.0


def correct(task: str, answer: str, truth: str) -> bool:
    """Exact equality; JSON is compared parsed, sums by the result."""
    if task == "extract":
        return parsed(answer) == parsed(truth)
    if task == "arithmetic":
        return answer.split("=")[-1].strip() == truth.split("=")[-1].strip()
    return answer.strip() == truth.strip()


def scores(examples: Sequence[Example], found: Sequence[str]) -> dict[str, float]:
    """Percentages: one per task and kind, plus softer scores for two tasks."""
    points: defaultdict[str, list[float]] = defaultdict(list)
    for example, answer in zip(examples, found, strict=True):
        truth = example.messages[-1]["content"]
        right = float(correct(example.task, answer, truth))
        points[example.task].append(right)
        points[f"{example.task}/{example.kind}"].append(right)
        if example.task == "extract":
            got, want = parsed(answer) or {}, parsed(truth) or {}
            points["extract: single fields"] += [float(key in got and got[key] == value) for key, value in want.items()]
            points["extract: valid JSON"].append(float(parsed(answer) is not None))
        if example.task == "summary":
            points["summary: word F1"].append(word_f1(answer, truth))
    return {name: 100 * sum(values) / len(values) for name, values in points.items()}
