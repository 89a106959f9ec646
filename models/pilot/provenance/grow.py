"""Carries a training checkpoint over to more layers or to another tokenizer.

A new layer starts as a copy of the one below it with zero output, so that the
model computes what it computed before and learns to use the layer from there.
A new token starts with the mean embedding of the tokens that spelt it before.
The optimizer state of what is old is kept.
"""

from __future__ import annotations

import argparse
import re
import shutil
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from text import chat_tokenizer
from train import new_model, optimizers

EMBEDDING, HEAD = "model.embed_tokens.weight", "lm_head.weight"
OUTPUTS = ("self_attn.o_proj.weight", "mlp.down_proj.weight")


def parameter_names(model: LlamaForCausalLM) -> list[list[str]]:
    """The parameter names of each optimizer, in its order."""
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    return [
        [names[id(parameter)] for group in optim.param_groups for parameter in group["params"]]
        for optim in optimizers(model)
    ]


def origin(name: str, sources: list[int]) -> tuple[str, bool]:
    """The old parameter that a parameter starts from, and whether its layer is new."""
    found = re.search(r"layers\.(\d+)", name)
    if not found:
        return name, False
    layer = int(found[1])
    old_name = name.replace(found[0], f"layers.{sources[layer]}")
    return old_name, layer > 0 and sources[layer - 1] == sources[layer]


def carry_layers(state: dict, tokenizer: PreTrainedTokenizerFast, sources: list[int]) -> None:
    """Gives the checkpoint one layer for each source, the number of an old layer."""
    small, large = new_model(tokenizer, max(sources) + 1), new_model(tokenizer, len(sources))
    weights = {}
    for name in large.state_dict():
        old_name, is_new = origin(name, sources)
        value = state["model"][old_name]
        weights[name] = torch.zeros_like(value) if is_new and name.endswith(OUTPUTS) else value.clone()
    for saved, before, after in zip(state["optims"], parameter_names(small), parameter_names(large), strict=True):
        kept = {}
        for number, name in enumerate(after):
            old_name, is_new = origin(name, sources)
            if not is_new:
                kept[number] = saved["state"][before.index(old_name)]
        saved["state"] = kept
        saved["param_groups"][0]["params"] = list(range(len(after)))
    state["model"] = weights


def carry_tokens(state: dict, before: Tokenizer, after: Tokenizer) -> None:
    """Gives the checkpoint the embeddings of another tokenizer."""
    known = before.get_vocab()
    read = decoders.ByteLevel()
    rows = []
    for token, _ in sorted(after.get_vocab().items(), key=lambda entry: entry[1]):
        spelling = before.encode(read.decode([token]), add_special_tokens=False).ids
        rows.append([known[token]] if token in known else spelling)

    def carried(table: torch.Tensor) -> torch.Tensor:
        return torch.stack([table[row].mean(0) for row in rows])

    shape = state["model"][EMBEDDING].shape
    for name in (EMBEDDING, HEAD):
        state["model"][name] = carried(state["model"][name])
    for saved in state["optims"]:
        for moments in saved["state"].values():
            for name, value in moments.items():
                if value.shape == shape:
                    moments[name] = carried(value)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder with checkpoint.pt and tokenizer.json")
    parser.add_argument("--sources", type=int, nargs="+", help="for each layer the old layer it starts from: 0 1 1 2")
    parser.add_argument("--tokenizer", type=Path, help="the tokenizer.json to change to")
    args = parser.parse_args()
    path, old_file = args.work / "checkpoint.pt", args.work / "tokenizer.json"
    state = torch.load(path, weights_only=True)
    if args.sources:
        carry_layers(state, chat_tokenizer(Tokenizer.from_file(str(old_file))), args.sources)
    if args.tokenizer:
        carry_tokens(state, Tokenizer.from_file(str(old_file)), Tokenizer.from_file(str(args.tokenizer)))
        shutil.copyfile(args.tokenizer, old_file)
    torch.save(state, path)


if __name__ == "__main__":
    main()
