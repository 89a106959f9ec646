#!/usr/bin/env python3
"""Makes the model goldens: tiny random checkpoints and what transformers computes with them.

    python make.py [case ...]        needs torch, transformers, safetensors, gguf, numpy

Each case is a folder with config.json and safetensors files, or a .gguf file; beside it lie
  <case>.json        tokens, which of them are greedy, and their top-5 log probabilities
  <case>.logits      float32, little-endian, [tokens, vocab]: logits at every position
manifest.json records versions, margins and hashes.

Weights are drawn so that every term matters (norms 1 +- 0.2, biases, attention that is neither flat nor
one-hot) and the greedy choice is clear. They are stored in 16 bits without loss.
"""

import hashlib
import json
import math
import pathlib
import shutil
import sys

import gguf
import numpy as np
import torch
import transformers
from transformers import (LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM, Qwen2Config,
                          Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM)

import kquants

HERE = pathlib.Path(__file__).parent
PROMPT, GREEDY, AFTER = 240, 32, 32  # the greedy part crosses position 256
VOCAB = 160

BASE = dict(vocab_size=VOCAB, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
            num_key_value_heads=2, max_position_embeddings=512, rms_norm_eps=1e-5, bos_token_id=1, eos_token_id=2,
            pad_token_id=None, tie_word_embeddings=False, attn_implementation="eager")
LLAMA3_ROPE = dict(rope_type="llama3", rope_theta=10000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                   original_max_position_embeddings=128)


def theta(value):
    return dict(rope_parameters=dict(rope_type="default", rope_theta=value))


# name: (config class, model class, what differs from BASE, dtype on disk, config.json of transformers 4 or 5)
CHECKPOINTS = {
    "llama2": (LlamaConfig, LlamaForCausalLM, dict(num_key_value_heads=4, **theta(10000.0)), "float16", 4),
    "llama3": (LlamaConfig, LlamaForCausalLM, theta(500000.0), "bfloat16", 5),
    "llama31": (LlamaConfig, LlamaForCausalLM, dict(rope_parameters=LLAMA3_ROPE), "bfloat16", 4),
    "llama32": (LlamaConfig, LlamaForCausalLM,
                dict(rope_parameters=LLAMA3_ROPE | dict(factor=32.0), tie_word_embeddings=True), "bfloat16", 5),
    "llama_linear_bias": (LlamaConfig, LlamaForCausalLM,
                          dict(attention_bias=True,
                               rope_parameters=dict(rope_type="linear", factor=4.0, rope_theta=10000.0)),
                          "bfloat16", 5),
    "mistral": (MistralConfig, MistralForCausalLM,
                dict(head_dim=24, sliding_window=48, **theta(10000.0)), "bfloat16", 5),
    "qwen2": (Qwen2Config, Qwen2ForCausalLM, theta(1000000.0), "bfloat16", 5),
    "qwen2_window": (Qwen2Config, Qwen2ForCausalLM,
                     dict(use_sliding_window=True, sliding_window=40, max_window_layers=1, **theta(10000.0)),
                     "bfloat16", 4),
    "qwen3": (Qwen3Config, Qwen3ForCausalLM, dict(head_dim=32, **theta(1000000.0)), "bfloat16", 5),
}
SHARDED = {"qwen3_sharded": "qwen3"}

Q = gguf.GGMLQuantizationType
# name: (checkpoint, matrix type, seed of other weights or None)
WIDE = dict(hidden_size=256, intermediate_size=256, num_attention_heads=8, num_key_value_heads=2,
            tie_word_embeddings=True, **theta(10000.0))
GGUFS = {
    "llama31_f32": ("llama31", Q.F32), "llama31_f16": ("llama31", Q.F16), "llama31_bf16": ("llama31", Q.BF16),
    "llama31_q8_0": ("llama31", Q.Q8_0), "llama31_q4_0": ("llama31", Q.Q4_0),
    "llama_linear_bias_f16": ("llama_linear_bias", Q.F16),
    "mistral_q8_0": ("mistral", Q.Q8_0), "qwen2_q8_0": ("qwen2", Q.Q8_0), "qwen3_f16": ("qwen3", Q.F16),
    "llama_wide_q4_k": ("llama_wide", Q.Q4_K), "llama_wide_q6_k": ("llama_wide", Q.Q6_K),
}


def seed_of(name):
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "little")


def draw(model, seed):
    """Weights whose every part shows in the logits, each a number that BF16 and F16 both hold."""
    generator = torch.Generator().manual_seed(seed)
    gains = dict(q_proj=1.5, k_proj=1.5, v_proj=1.0, o_proj=3.0, gate_proj=1.2, up_proj=1.2, down_proj=2.0,
                 embed_tokens=1.25 * math.sqrt(model.config.hidden_size), lm_head=11.0)
    if model.config.tie_word_embeddings:
        # A token must not simply predict itself: the branches have to drown the embedding.
        gains |= dict(embed_tokens=12.0, o_proj=12.0, down_proj=8.0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            part = name.split(".")[-2]
            if "norm" in name:
                value = 1 + 0.2 * noise
                if part in ("q_norm", "k_norm"):
                    value = 1.5 * value
            elif name.endswith("bias"):
                value = 0.5 * noise
            else:
                value = gains[part] / math.sqrt(parameter.shape[1]) * noise
            value = torch.where(value.abs() < 2**-13, 0.0, value).to(torch.bfloat16).float()
            parameter.copy_(value)
    return model


def build(name, **overrides):
    config_class, model_class, differs, _, _ = CHECKPOINTS.get(name, CHECKPOINTS["llama3"])
    if name == "llama_wide":
        differs = WIDE
    config = config_class(**(BASE | differs | overrides))
    return draw(model_class(config).float().eval(), seed_of(name))


def logits_of(model, tokens):
    with torch.no_grad():
        return model(torch.tensor([tokens]), use_cache=False).logits[0].float()


LEAST_GREEDY_MARGIN = 0.05  # far above what the order of additions changes


def expected(name, model, seed):
    """The first prompt whose greedy continuation has no near tie."""
    while (stats := try_prompt(name, model, seed))["least_greedy_margin"] < LEAST_GREEDY_MARGIN:
        seed += 1
    return stats


def try_prompt(name, model, seed):
    rng = np.random.default_rng(seed)
    tokens = rng.integers(3, VOCAB, PROMPT).tolist()
    for _ in range(GREEDY):
        tokens.append(int(logits_of(model, tokens)[-1].argmax()))
    tokens += rng.integers(3, VOCAB, AFTER).tolist()
    logits = logits_of(model, tokens)
    top = logits.log_softmax(-1).topk(5)
    margins = (top.values[:, 0] - top.values[:, 1]).numpy()
    greedy_rows = range(PROMPT - 1, PROMPT + GREEDY - 1)
    stats = dict(median_margin=float(np.median(margins)), least_greedy_margin=float(margins[list(greedy_rows)].min()),
                 max_abs_logit=float(logits.abs().max()))
    assert stats["median_margin"] >= 2, (name, stats)
    document = dict(tokens=tokens, prompt=PROMPT, greedy=GREEDY, vocab=VOCAB, top5=[
        [[int(i), round(float(p), 5)] for i, p in zip(top.indices[row], top.values[row])] for row in greedy_rows
    ])
    (HERE / f"{name}.json").write_text(json.dumps(document, separators=(",", ":")) + "\n")
    (HERE / f"{name}.logits").write_bytes(logits.numpy().astype("<f4").tobytes())
    return stats


def to_version_4(path):
    """config.json as transformers 4 writes it: rope_theta and rope_scaling instead of rope_parameters."""
    config = json.loads(path.read_text())
    rope = config.pop("rope_parameters")
    config["rope_theta"] = rope.pop("rope_theta")
    config["rope_scaling"] = None if rope == {"rope_type": "default"} else rope
    config["torch_dtype"] = config.pop("dtype", None)
    config.pop("layer_types", None)
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def make_checkpoint(name):
    model = build(name)
    _, _, _, dtype, version = CHECKPOINTS[name]
    stats = expected(name, model, seed_of(name))
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    model.to(getattr(torch, dtype)).save_pretrained(folder)
    (folder / "generation_config.json").unlink()
    if version == 4:
        to_version_4(folder / "config.json")
    return stats


def make_sharded(name, of):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    build(of).to(torch.bfloat16).save_pretrained(folder, max_shard_size="100KB")
    assert len(list(folder.glob("*.safetensors"))) > 1
    return dict(expected=of)


def permuted(weight, heads):
    """llama.cpp's order of q and k rows for the llama architecture: rope's pairs side by side."""
    return weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


def unpermuted(weight, heads):
    return weight.reshape(heads, weight.shape[0] // heads // 2, 2, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


GGUF_NAMES = {
    "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output",
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm", "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}


def gguf_name(name):
    stem, kind = name.rsplit(".", 1)
    if stem.startswith("model.layers."):
        _, _, layer, rest = stem.split(".", 3)
        return f"blk.{layer}.{GGUF_NAMES[rest]}.{kind}"
    return f"{GGUF_NAMES[stem]}.{kind}"


def encode(array, kind):
    if kind == Q.Q4_K:
        return kquants.q4_k(array)
    if kind == Q.Q6_K:
        return kquants.q6_k(array)
    return gguf.quants.quantize(array, kind)


def write_metadata(writer, config):
    head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_key_length(head_dim)
    writer.add_value_length(head_dim)
    writer.add_vocab_size(config.vocab_size)
    writer.add_rope_dimension_count(head_dim)
    if config.rope_parameters["rope_type"] == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(config.rope_parameters["factor"])
    writer.add_bos_token_id(config.bos_token_id)
    writer.add_eos_token_id(config.eos_token_id)


def rope_divisors(config):
    """What llama.cpp's converter stores for llama3 scaling."""
    rope = config.rope_parameters
    dim = config.hidden_size // config.num_attention_heads
    wavelengths = 2 * math.pi * rope["rope_theta"] ** (np.arange(0, dim, 2) / dim)
    original, low, high = rope["original_max_position_embeddings"], rope["low_freq_factor"], rope["high_freq_factor"]
    smooth = (original / wavelengths - low) / (high - low)
    middle = 1 / ((1 - smooth) / rope["factor"] + smooth)
    divisors = np.where(wavelengths < original / high, 1, np.where(wavelengths > original / low, rope["factor"], middle))
    assert {"kept", "ramp", "divided"} == {
        "kept" if w < original / high else "divided" if w > original / low else "ramp" for w in wavelengths}
    return divisors.astype(np.float32)


def make_gguf(name, checkpoint, kind):
    # llama.cpp's converter writes no window for Mistral, so that file's meaning is attention without one.
    model = build(checkpoint, **(dict(sliding_window=None) if checkpoint == "mistral" else {}))
    config = model.config
    architecture = "llama" if config.model_type in ("llama", "mistral") else config.model_type
    writer = gguf.GGUFWriter(HERE / f"{name}.gguf", architecture)
    write_metadata(writer, config)
    if config.rope_parameters["rope_type"] == "llama3":
        writer.add_tensor("rope_freqs.weight", rope_divisors(config))
    for hf_name, parameter in model.named_parameters():
        array = parameter.detach().numpy()
        heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}.get(hf_name.split(".")[-2])
        if architecture != "llama":
            heads = None
        stored = permuted(array, heads) if heads else array
        if array.ndim == 1 or kind == Q.F32:
            writer.add_tensor(gguf_name(hf_name), np.ascontiguousarray(stored, np.float32))
            continue
        data = encode(np.ascontiguousarray(stored), kind)
        raw = None if kind == Q.F16 else kind
        writer.add_tensor(gguf_name(hf_name), data, raw_dtype=raw)
        value = gguf.quants.dequantize(data, kind).reshape(array.shape)
        with torch.no_grad():
            parameter.copy_(torch.from_numpy(np.ascontiguousarray(unpermuted(value, heads) if heads else value)))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    if kind in (Q.F32, Q.F16, Q.BF16):  # no loss: the checkpoint's own logits hold
        return dict(expected=checkpoint)
    return expected(name, model, seed_of(name))


def main(wanted):
    torch.set_num_threads(1)
    cases = {}
    for name in CHECKPOINTS:
        cases[name] = lambda name=name: make_checkpoint(name)
    for name, of in SHARDED.items():
        cases[name] = lambda name=name, of=of: make_sharded(name, of)
    for name, (checkpoint, kind) in GGUFS.items():
        cases[name] = lambda name=name, checkpoint=checkpoint, kind=kind: make_gguf(name, checkpoint, kind)
    manifest_path = HERE / "manifest.json"
    manifest = json.loads(manifest_path.read_text()) if manifest_path.exists() else {"cases": {}}
    manifest["versions"] = dict(torch=torch.__version__, transformers=transformers.__version__,
                                numpy=np.__version__, gguf=__import__("importlib.metadata").metadata.version("gguf"))
    for name, make in cases.items():
        if wanted and name not in wanted:
            continue
        manifest["cases"][name] = make()
        print(name, manifest["cases"][name], flush=True)
    files = sorted(p for p in HERE.rglob("*") if p.is_file() and p.suffix in (".safetensors", ".gguf", ".logits"))
    manifest["sha256"] = {str(p.relative_to(HERE)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
    manifest_path.write_text(json.dumps(manifest, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
