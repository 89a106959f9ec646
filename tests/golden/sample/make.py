#!/usr/bin/env python3
"""Makes the sampling goldens: what transformers' logits processors and warpers do to rows of logits.

    python make.py        needs torch, transformers, numpy

adjustments.json   rows, prompts and answers so far, and the logits afterwards (null: -infinity)
truncation.json    the distribution that is drawn from, as [token, probability] of what is left
"""

import json
import math
import pathlib

import numpy as np
import torch
import transformers
from transformers.generation import logits_process as lp

HERE = pathlib.Path(__file__).parent
VOCAB = 500
VERSIONS = {"transformers": transformers.__version__, "torch": torch.__version__}


def rows():
    """Logits with three decimals, none twice in a row, so that no border is a matter of ties."""
    rng = np.random.default_rng(11)
    made = {}
    for name, scale in {"flat": 0.5, "usual": 2.5, "steep": 8.0}.items():
        row = []
        while len(row) < VOCAB:
            logit = round(float(rng.normal(0, scale)) - 1, 3)
            if logit not in row:
                row.append(logit)
        made[name] = row
    return made


ROWS = rows()


def tensor(row):
    return torch.tensor([ROWS[row]], dtype=torch.float32)


def ids(tokens):
    return torch.tensor([tokens], dtype=torch.long)


def adjust(case):
    """vLLM's order: allowed tokens, bad words, minimum length, bias, penalties."""
    scores = tensor(case["row"])
    prompt, answer = case["prompt"], case["answer"]
    if allowed := case.get("allowed_token_ids"):
        others = [i for i in range(VOCAB) if i not in allowed]
        scores = lp.SuppressTokensLogitsProcessor(others)(ids(prompt + answer), scores)
    if words := case.get("bad_words"):
        # As vLLM does, a word must lie in the answer as a whole.
        scores = lp.NoBadWordsLogitsProcessor(words)(ids(answer), scores)
    if "min_tokens" in case:
        minimum = lp.MinNewTokensLengthLogitsProcessor(len(prompt), case["min_tokens"], case["end_tokens"])
        scores = minimum(ids(prompt + answer), scores)
    if bias := case.get("logit_bias"):
        scores = lp.SequenceBiasLogitsProcessor([[[token], value] for token, value in bias])(ids(answer), scores)
    if "repetition_penalty" in case:
        scores = lp.RepetitionPenaltyLogitsProcessor(case["repetition_penalty"])(ids(prompt + answer), scores)
    # transformers has no such processors: OpenAI's definition.
    counts = torch.zeros_like(scores)
    for token in answer:
        counts[0, token] += 1
    scores = scores - np.float32(case.get("frequency_penalty", 0)) * counts
    scores = scores - np.float32(case.get("presence_penalty", 0)) * (counts > 0)
    return [None if math.isinf(logit) else logit for logit in scores[0].tolist()]


def truncate(case):
    scores = tensor(case["row"])
    warpers = [lp.TemperatureLogitsWarper(float(case.get("temperature", 1.0)))]
    if "min_p" in case:
        warpers.append(lp.MinPLogitsWarper(case["min_p"]))
    if "top_k" in case:
        warpers.append(lp.TopKLogitsWarper(case["top_k"]))
    if "top_p" in case:
        warpers.append(lp.TopPLogitsWarper(case["top_p"]))
    if "typical_p" in case:
        warpers.append(lp.TypicalLogitsWarper(case["typical_p"]))
    for warper in warpers:
        scores = warper(ids([0]), scores)
    probabilities = scores[0].double().softmax(-1).tolist()
    return [[token, p] for token, p in enumerate(probabilities) if p > 0]


ANSWER = [7, 3, 7, 499, 12, 7, 3, 40]
ADJUSTMENTS = [
    {"repetition_penalty": 1.3},
    {"repetition_penalty": 0.7},
    {"presence_penalty": 0.8},
    {"frequency_penalty": 0.4},
    {"presence_penalty": -0.5, "frequency_penalty": 1.1, "repetition_penalty": 1.2},
    {"logit_bias": [[5, 3.5], [7, -2.0], [499, 100.0]]},
    {"bad_words": [[9], [7, 3, 40, 11], [40, 12], [3, 12], [7, 3, 40, 499, 1]]},
    {"allowed_token_ids": [2, 3, 40, 250, 499]},
    {"min_tokens": 9, "end_tokens": [1, 2]},
    {"min_tokens": 8, "end_tokens": [1, 2]},
    {"allowed_token_ids": [1, 3, 7, 12, 40, 77], "bad_words": [[40, 77]], "min_tokens": 20, "end_tokens": [1],
     "logit_bias": [[3, 4.0], [12, -1.5]], "repetition_penalty": 1.15, "presence_penalty": 0.3,
     "frequency_penalty": 0.2},
]
TRUNCATIONS = [
    {},
    {"temperature": 0.6},
    {"temperature": 1.7},
    {"top_k": 1},
    {"top_k": 7},
    {"top_k": 60},
    {"top_k": 499},
    {"top_p": 0.1},
    {"top_p": 0.9},
    {"top_p": 0.999},
    {"min_p": 0.05},
    {"min_p": 0.6},
    {"typical_p": 0.3},
    {"typical_p": 0.95},
    {"temperature": 0.8, "top_p": 0.95, "top_k": 40},
    {"temperature": 1.3, "min_p": 0.02, "top_p": 0.8},
    {"temperature": 1.2, "min_p": 0.01, "top_k": 30, "top_p": 0.9, "typical_p": 0.7},
]


def compact(value):
    return float(f"{value:.9g}")


def main():
    adjustments = [{"row": row, "prompt": [3, 17, 250, 17], "answer": ANSWER, **change}
                   for row in ("usual", "steep") for change in ADJUSTMENTS]
    for case in adjustments:
        case["logits"] = [None if logit is None else compact(logit) for logit in adjust(case)]
        # Only what has changed.
        case["changed"] = [[i, logit] for i, (logit, old) in enumerate(zip(case.pop("logits"), ROWS[case["row"]]))
                           if logit is None or np.float32(logit) != np.float32(old)]
        if "allowed_token_ids" in case:  # the rest is null
            case["changed"] = [entry for entry in case["changed"] if entry[0] in case["allowed_token_ids"]]
    truncations = [{"row": row, **change} for row in ROWS for change in TRUNCATIONS]
    for case in truncations:
        case["left"] = [[token, compact(p)] for token, p in truncate(case)]
    for name, cases in {"adjustments": adjustments, "truncation": truncations}.items():
        lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
        head = json.dumps({"versions": VERSIONS, "rows": ROWS}, separators=(",", ":"))[:-1]
        (HERE / f"{name}.json").write_text(f'{head},\n"cases":[\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
