"""Trains the pilot model and writes it as a Hugging Face folder.

Interrupted runs continue from the last checkpoint in the work folder.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import time
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from generator import Example, evaluation_set, training_chunk
from scoring import answers, scores
from text import CONTEXT, VOCAB_SIZE, chat_tokenizer, letter_pieces, pieces, render, train_tokenizer

CHUNK = 2048
ROW_TOKENS = 2048
ROWS_PER_STEP = 2
MAX_LENGTH = 512
LAYERS = 6
ANSWER_POWER = 0.85
WARMUP_STEPS = 60
DECAY_SHARE = 0.65
MUON_RATE = 4e-3
ADAM_RATE = 3e-3
DEV_COUNTS = {"classify": 60, "extract": 24, "sentiment": 60, "arithmetic": 12, "summary": 8, "chat": 12}

Row = tuple[torch.Tensor, torch.Tensor]


def new_model(tokenizer: PreTrainedTokenizerFast, layers: int = LAYERS) -> LlamaForCausalLM:
    config = LlamaConfig(
        vocab_size=VOCAB_SIZE,
        hidden_size=256,
        intermediate_size=512,
        num_hidden_layers=layers,
        num_attention_heads=8,
        num_key_value_heads=4,
        head_dim=32,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = LlamaForCausalLM(config)
    model.set_attn_implementation("eager")  # the fastest for short rows on a CPU
    return model


def encode(tokenizer: PreTrainedTokenizerFast, example: Example) -> tuple[list[int], list[float]]:
    """Token ids and loss weights; a long answer weighs more, but not per token."""
    ids: list[int] = []
    weights: list[float] = []
    for text, learned in pieces(example.messages):
        part = tokenizer.backend_tokenizer.encode(text, add_special_tokens=False).ids
        ids += part
        weights += [len(part) ** -ANSWER_POWER if learned else 0.0] * len(part)
    return ids, weights


def rows_of_chunk(tokenizer: PreTrainedTokenizerFast, examples: list[Example], rng: random.Random) -> list[Row]:
    """Padded batches of conversations of like length, in random order."""
    encoded = sorted((encode(tokenizer, example) for example in examples), key=lambda pair: len(pair[0]))
    encoded = [pair for pair in encoded if len(pair[0]) <= MAX_LENGTH]
    groups: list[list[tuple[list[int], list[float]]]] = [[]]
    for pair in encoded:
        if len(pair[0]) * (len(groups[-1]) + 1) > ROW_TOKENS:
            groups.append([])
        groups[-1].append(pair)
    rows = []
    for group in groups:
        length = len(group[-1][0])
        ids = torch.tensor([pair[0] + [tokenizer.pad_token_id] * (length - len(pair[0])) for pair in group])
        weights = torch.tensor([pair[1] + [0.0] * (length - len(pair[1])) for pair in group])
        rows.append((ids, weights))
    rng.shuffle(rows)
    return rows


def row_loss(model: LlamaForCausalLM, row: Row) -> torch.Tensor:
    """Weighted sum of the losses on answer tokens."""
    ids, weights = row
    with torch.autocast("cpu", dtype=torch.bfloat16):
        hidden = model.model(input_ids=ids[:, :-1], use_cache=False).last_hidden_state
        learned = weights[:, 1:] > 0
        logits = model.lm_head(hidden[learned])
    losses = functional.cross_entropy(logits.float(), ids[:, 1:][learned], reduction="none")
    return (losses * weights[:, 1:][learned]).sum()


def optimizers(model: LlamaForCausalLM) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the layers, AdamW for the rest."""
    matrices = [p for p in model.model.layers.parameters() if p.ndim == 2]
    chosen = {id(p) for p in matrices}
    rest = [p for p in model.parameters() if id(p) not in chosen]
    return [
        torch.optim.Muon(matrices, lr=MUON_RATE, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(rest, lr=ADAM_RATE, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def schedule(step: int, steps: int) -> float:
    """Linear warm-up, a plateau, and a linear decay over the rest."""
    return max(0.0, min(1.0, (step + 1) / WARMUP_STEPS, (steps - step) / (DECAY_SHARE * steps)))


def save_model(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Writes the model in BF16 together with its tokenizer."""
    copy = LlamaForCausalLM(model.config)
    copy.load_state_dict(model.state_dict())
    copy.to(torch.bfloat16)
    copy.generation_config = GenerationConfig(
        do_sample=False,
        max_new_tokens=200,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    copy.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    # Names that readers older than transformers 5 look for.
    amend(folder / "config.json", rope_theta=copy.config.rope_parameters["rope_theta"], torch_dtype="bfloat16")
    amend(folder / "tokenizer_config.json", tokenizer_class="PreTrainedTokenizerFast")


def amend(path: Path, **values: object) -> None:
    """Adds entries to a JSON object in a file."""
    content = json.loads(path.read_text(encoding="utf-8")) | values
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for checkpoints and the log")
    parser.add_argument("--out", type=Path, required=True, help="folder of the finished model")
    parser.add_argument("--steps", type=int, default=19000)
    parser.add_argument("--first", type=int, default=0, help="step at which the schedule began, for a warm restart")
    parser.add_argument("--rate", type=float, default=1.0, help="share of the full learning rates at the plateau")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    args.work.mkdir(parents=True, exist_ok=True)

    tokenizer_file = args.work / "tokenizer.json"
    if not tokenizer_file.exists():
        train_tokenizer(args.seed).save(str(tokenizer_file))
    tokenizer = chat_tokenizer(Tokenizer.from_file(str(tokenizer_file)))
    letters = letter_pieces(tokenizer.backend_tokenizer)
    model = new_model(tokenizer)
    optims = optimizers(model)
    checkpoint = args.work / "checkpoint.pt"
    step = chunk = tokens = 0
    stream_hash, seconds = "", 0.0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        for optim, saved in zip(optims, state["optims"], strict=True):
            optim.load_state_dict(saved)
        step, chunk, tokens = state["step"], state["chunk"], state["tokens"]
        stream_hash, seconds = state["stream_hash"], state["seconds"]
    dev = list(evaluation_set("dev", args.seed, DEV_COUNTS))
    parameters = sum(p.numel() for p in model.parameters())
    print(f"{parameters} parameters, from step {step}", flush=True)

    while step < args.steps:
        began = time.monotonic()
        examples = training_chunk(args.seed, chunk, CHUNK, 0.3 - 0.02 * chunk, letters)
        for example in examples:
            stream_hash = hashlib.sha256((stream_hash + render(example.messages)).encode()).hexdigest()
        rows = rows_of_chunk(tokenizer, examples, random.Random(f"{args.seed}-rows-{chunk}"))
        losses = []
        for start in range(0, len(rows) - ROWS_PER_STEP + 1, ROWS_PER_STEP):
            batch = rows[start : start + ROWS_PER_STEP]
            total = sum(float(weights[:, 1:].sum()) for _, weights in batch)
            for row in batch:
                loss = row_loss(model, row) / total
                loss.backward()
                losses.append(loss.item())
                tokens += row[0].numel()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            for optim, rate in zip(optims, (MUON_RATE, ADAM_RATE), strict=True):
                for group in optim.param_groups:
                    group["lr"] = rate * args.rate * schedule(step - args.first, args.steps - args.first)
                optim.step()
                optim.zero_grad()
            step += 1
        chunk += 1
        seconds += time.monotonic() - began
        report: dict[str, float | str] = {
            "step": step,
            "chunk": chunk,
            "tokens": tokens,
            "seconds": round(seconds),
            "loss": round(ROWS_PER_STEP * sum(losses) / len(losses), 4),
            "stream_sha256": stream_hash,
        }
        if chunk % 8 == 0 or step >= args.steps:
            model.eval()
            report |= {
                f"dev {name}": round(score)
                for name, score in scores(dev, answers(model, tokenizer, dev, 25)).items()
                if "/" not in name
            }
            model.train()
        state = {
            "model": model.state_dict(),
            "optims": [optim.state_dict() for optim in optims],
            "step": step,
            "chunk": chunk,
            "tokens": tokens,
            "stream_hash": stream_hash,
            "seconds": seconds,
        }
        torch.save(state, checkpoint.with_suffix(".tmp"))
        os.replace(checkpoint.with_suffix(".tmp"), checkpoint)
        with (args.work / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(report) + "\n")
        print(json.dumps(report), flush=True)
    save_model(model, tokenizer, args.out)


if __name__ == "__main__":
    main()
