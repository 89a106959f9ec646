#!/usr/bin/env python3
"""Writes the golden files of src/infer/formats/*_test.cpp with the reference packages.

    pip install gguf==0.19.0 safetensors==0.8.0 numpy==2.4.6 torch==2.15.0
    python tests/golden/formats/make.py

small.gguf            every metadata type, a tensor of each type that Ferry reads and one that it does not
aligned.gguf          the same tensors with general.alignment = 128, no other metadata
small.safetensors     the types that Ferry reads, some that it does not, a scalar, an empty tensor, five dimensions
sharded/              two shards with an index
written.gguf, written.safetensors
                      what Ferry's own writers must reproduce byte for byte (see the writers' tests)

and the seeds of the fuzz targets in tests/corpus/: small files that between them have every feature.
"""

import json
import pathlib
import shutil

import gguf
import numpy as np
import torch
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
CORPUS = HERE.parent.parent / "corpus"
TYPES = gguf.GGMLQuantizationType


def counted(shape, dtype=np.float32):
    """0, 0.5, 1, ...: exact in every type used here."""
    return (np.arange(np.prod(shape)) / 2).astype(dtype).reshape(shape)


def add_tensors(writer):
    writer.add_tensor("f32", counted((2, 3, 4)))
    writer.add_tensor("f16", counted((3, 5), np.float16))
    bf16 = gguf.quants.quantize(counted((2, 2)), TYPES.BF16)
    writer.add_tensor("bf16", bf16, raw_dtype=TYPES.BF16)
    for name in ("Q8_0", "Q4_0"):
        writer.add_tensor(name, gguf.quants.quantize(counted((2, 64)), TYPES[name]), raw_dtype=TYPES[name])
    for name in ("Q4_K", "Q6_K", "Q5_K"):
        size = gguf.GGML_QUANT_SIZES[TYPES[name]][1]
        blocks = (np.arange(3 * size) % 251).astype(np.uint8).reshape(3, size)
        writer.add_tensor(name, blocks, raw_dtype=TYPES[name])
    writer.add_tensor("one", counted((1,)))


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_metadata(writer):
    writer.add_uint8("test.u8", 200)
    writer.add_int8("test.i8", -100)
    writer.add_uint16("test.u16", 60000)
    writer.add_int16("test.i16", -30000)
    writer.add_uint32("test.u32", 4000000000)
    writer.add_int32("test.i32", -2000000000)
    writer.add_uint64("test.u64", 2**63)
    writer.add_int64("test.i64", -(2**62))
    writer.add_float32("test.f32", 0.5)
    writer.add_float64("test.f64", 1e300)
    writer.add_bool("test.bool", True)
    writer.add_string("test.string", "héllo\nworld")
    writer.add_array("test.strings", ["a", "", "ccc"])
    writer.add_array("test.integers", [1, -2, 3])
    writer.add_array("test.floats", [0.25, -1.5])
    writer.add_array("test.booleans", [True, False])
    writer.add_key_value(
        "test.nested", [[1, 2], [3]], gguf.GGUFValueType.ARRAY, sub_type=gguf.GGUFValueType.ARRAY
    )


def make_gguf():
    writer = gguf.GGUFWriter(HERE / "small.gguf", "llama")
    add_metadata(writer)
    add_tensors(writer)
    finish(writer)

    writer = gguf.GGUFWriter(HERE / "aligned.gguf", "llama")
    writer.add_custom_alignment(128)
    add_tensors(writer)
    finish(writer)


def tensor(shape, dtype=torch.float32):
    return torch.from_numpy(np.asarray(counted(shape))).to(dtype)


def make_safetensors():
    save_file(
        {
            "f32": tensor((2, 3)),
            "f16": tensor((4,), torch.float16),
            "bf16": tensor((2, 2), torch.bfloat16),
            "scalar": tensor(()),
            "empty": tensor((0, 4)),
            "five": tensor((1, 1, 1, 1, 2)),
            "int8": torch.arange(4, dtype=torch.int8),
            "fp8": tensor((4,), torch.float8_e4m3fn),
            'quo"te\n': tensor((1,)),
        },
        HERE / "small.safetensors",
        {"note": "héllo"},  # one: the reference writes several in no fixed order
    )


def make_sharded():
    folder = HERE / "sharded"
    folder.mkdir(exist_ok=True)
    shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    save_file({"a": tensor((2, 3)), "b": tensor((4,))}, folder / shards[0])
    save_file({"c": tensor((3,), torch.float16)}, folder / shards[1])
    index = {"metadata": {"total_size": 46}, "weight_map": {"a": shards[0], "b": shards[0], "c": shards[1]}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")


def make_written():
    writer = gguf.GGUFWriter(HERE / "written.gguf", "llama")
    writer.add_uint32("test.count", 7)
    writer.add_int64("test.big", -(2**40))
    writer.add_float32("test.rate", 0.5)
    writer.add_bool("test.flag", True)
    writer.add_array("test.tokens", ["a", "bc", ""])
    writer.add_array("test.scores", [0.25, -1.5])
    writer.add_array("test.types", [1, 3, 3])
    writer.add_tensor("x", counted((2, 3)))
    writer.add_tensor("y", gguf.quants.quantize(counted((2, 64)), TYPES.Q8_0), raw_dtype=TYPES.Q8_0)
    finish(writer)
    save_file(
        {"x": tensor((2, 3)), "y": tensor((3,), torch.float16), "s": tensor(())},
        HERE / "written.safetensors",
        {"format": "pt"},
    )


def make_vocabulary(path):
    """The keys of a real vocabulary-only file, with a dozen tokens."""
    tokens = ["<unk>", "<s>", "</s>", "<0x0A>", "\u2581", "t", "h", "e", "th", "the", "\u0120the", "\u00e9"]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_block_count(2)
    writer.add_context_length(128)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_file_type(7)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_token_list(tokens)
    writer.add_token_scores([-float(i) for i in range(len(tokens))])
    writer.add_token_types([3, 3, 3, 6] + [1] * 8)
    writer.add_token_merges(["t h", "th e", "\u0120 the"])
    writer.add_bos_token_id(1)
    writer.add_add_bos_token(True)
    writer.add_chat_template("{{ messages }}")
    finish(writer)


def make_tiny_tensors(path):
    """One block of each type, aligned to 4 so that the file stays small."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_custom_alignment(4)
    for kind in (TYPES.F32, TYPES.F16, TYPES.BF16, TYPES.Q8_0, TYPES.Q4_0, TYPES.Q4_K, TYPES.Q6_K, TYPES.Q5_0):
        elements, size = gguf.GGML_QUANT_SIZES[kind]
        writer.add_tensor(kind.name, np.arange(size, dtype=np.uint8).reshape(1, size), raw_dtype=kind)
    finish(writer)


def make_corpus():
    for name in ("gguf_fuzz", "safetensors_fuzz", "shard_index_fuzz"):
        (CORPUS / name).mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "written.gguf", CORPUS / "gguf_fuzz")
    writer = gguf.GGUFWriter(CORPUS / "gguf_fuzz" / "metadata.gguf", "llama")
    add_metadata(writer)
    finish(writer)
    make_tiny_tensors(CORPUS / "gguf_fuzz" / "tensors.gguf")
    make_vocabulary(CORPUS / "gguf_fuzz" / "vocabulary.gguf")
    for name in ("small.safetensors", "written.safetensors"):
        shutil.copy(HERE / name, CORPUS / "safetensors_fuzz")
    index = "model.safetensors.index.json"
    shutil.copy(HERE / "sharded" / index, CORPUS / "shard_index_fuzz")


make_gguf()
make_safetensors()
make_sharded()
make_written()
make_corpus()
