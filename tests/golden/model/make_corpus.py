#!/usr/bin/env python3
"""Makes tests/corpus/model_config_fuzz: the goldens' configurations in small form, and GGUF files of hardly
more than metadata. Needs gguf and numpy."""

import json
import pathlib

import gguf
import numpy as np

HERE = pathlib.Path(__file__).parent
CORPUS = HERE.parent.parent / "corpus" / "model_config_fuzz"
DROPPED = {"transformers_version", "initializer_range", "use_cache", "attention_dropout", "dtype", "torch_dtype"}


def gguf_file(name, architecture, extra=lambda writer: None, biases=False, divisors=None, head=False):
    writer = gguf.GGUFWriter(CORPUS / name, architecture)
    writer.add_context_length(64)
    writer.add_embedding_length(8)
    writer.add_block_count(2)
    writer.add_feed_forward_length(16)
    writer.add_head_count(2)
    writer.add_head_count_kv(1)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_eos_token_id(1)
    extra(writer)
    writer.add_tensor("token_embd.weight", np.zeros((2, 8), np.float16))
    if head:
        writer.add_tensor("output.weight", np.zeros((2, 8), np.float16))
    if biases:
        writer.add_tensor("blk.0.attn_q.bias", np.zeros(8, np.float32))
        writer.add_tensor("blk.0.attn_output.bias", np.zeros(8, np.float32))
    if divisors is not None:
        writer.add_tensor("rope_freqs.weight", np.array(divisors, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def scaled(writer):
    writer.add_rope_freq_base(500000.0)
    writer.add_rope_dimension_count(4)
    writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
    writer.add_rope_scaling_factor(2.0)
    writer.add_sliding_window(16)
    writer.add_key_length(4)
    writer.add_value_length(4)


def mixture(writer):
    writer.add_expert_count(8)
    writer.add_expert_used_count(2)
    writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)


def main():
    CORPUS.mkdir(parents=True, exist_ok=True)
    for old in CORPUS.iterdir():
        old.unlink()
    for path in sorted(HERE.glob("*/config.json")):
        config = {key: value for key, value in json.loads(path.read_text()).items() if key not in DROPPED}
        (CORPUS / f"{path.parent.name}.json").write_text(json.dumps(config, separators=(",", ":")))
    base = json.loads((CORPUS / "qwen2_window.json").read_text())
    variants = {
        "layer_types": dict(layer_types=["full_attention", "sliding_attention"]),
        "odd_layer_type": dict(layer_types=["full_attention", "linear_attention"]),
        "yarn": dict(rope_scaling=dict(type="yarn", factor=4.0)),
        "refused": dict(quantization_config=dict(bits=4), partial_rotary_factor=0.5, hidden_act="gelu"),
        "eos_list": dict(eos_token_id=[1, 2], bos_token_id=None),
    }
    for name, change in variants.items():
        (CORPUS / f"{name}.json").write_text(json.dumps(base | change, separators=(",", ":")))
    gguf_file("llama.gguf", "llama", scaled, biases=True, divisors=[1, 8], head=True)
    gguf_file("qwen2.gguf", "qwen2")
    gguf_file("qwen3.gguf", "qwen3", biases=True)
    gguf_file("mixture.gguf", "llama", mixture)
    gguf_file("empty_divisors.gguf", "llama", divisors=[])


if __name__ == "__main__":
    main()
