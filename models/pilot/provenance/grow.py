"""Adds layers to a training checkpoint.

A new layer starts as a copy of the one below it with zero output, so that the
model computes what it computed before and learns to use the layer from there.
The optimizer state of the old layers is kept.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM

from text import chat_tokenizer
from train import new_model, optimizers

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder with checkpoint.pt and tokenizer.json")
    parser.add_argument("--sources", type=int, nargs="+", required=True, help="the old layer of each layer: 0 1 1 2")
    args = parser.parse_args()
    path = args.work / "checkpoint.pt"
    state = torch.load(path, weights_only=True)
    tokenizer = chat_tokenizer(Tokenizer.from_file(str(args.work / "tokenizer.json")))
    small, large = new_model(tokenizer, max(args.sources) + 1), new_model(tokenizer, len(args.sources))

    weights = {}
    for name in large.state_dict():
        old_name, is_new = origin(name, args.sources)
        value = state["model"][old_name]
        weights[name] = torch.zeros_like(value) if is_new and name.endswith(OUTPUTS) else value.clone()

    optims = []
    for saved, before, after in zip(state["optims"], parameter_names(small), parameter_names(large), strict=True):
        kept = {}
        for number, name in enumerate(after):
            old_name, is_new = origin(name, args.sources)
            if not is_new:
                kept[number] = saved["state"][before.index(old_name)]
        (group,) = saved["param_groups"]
        optims.append({"state": kept, "param_groups": [group | {"params": list(range(len(after)))}]})
    torch.save(state | {"model": weights, "optims": optims}, path)


if __name__ == "__main__":
    main()
