#!/usr/bin/env python3
"""Writes the golden files of src/infer/tensor/blocks_test.cpp: quantised blocks and what gguf-py makes of them.

    pip install gguf==0.19.0 numpy==2.4.6
    python tests/golden/tensor/make_blocks.py

TYPE.blocks  random blocks, the first ones with extreme scales (0, subnormal, largest, infinite, NaN)
TYPE.f32     their weights, little-endian float32
TYPE.input   (types that can be written) float32 weights
TYPE.output  the blocks that gguf-py makes of them
"""

import pathlib

import gguf
import numpy as np

HERE = pathlib.Path(__file__).parent
TYPES = gguf.GGMLQuantizationType
# Where each format keeps its f16 scales, in bytes from the start of a block.
SCALES = {TYPES.F16: [0], TYPES.BF16: [0], TYPES.Q8_0: [0], TYPES.Q4_0: [0], TYPES.Q4_K: [0, 2], TYPES.Q6_K: [208]}
EXTREMES = [0x0000, 0x8000, 0x0001, 0x83FF, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x7E01]


def blocks_of(kind, rng):
    elements, size = gguf.GGML_QUANT_SIZES[kind]
    count = 256 if elements == 1 else 40 if elements == 32 else 16
    blocks = rng.integers(0, 256, (count, size), dtype=np.uint8)
    for offset in SCALES[kind]:
        ordinary = rng.normal(0, 0.02, count).astype(np.float16)
        ordinary[: len(EXTREMES)] = np.array(EXTREMES, np.uint16).view(np.float16)
        blocks[:, offset : offset + 2] = ordinary.view(np.uint8).reshape(count, 2)
    return blocks


def inputs(rng):
    rows = rng.normal(0, 1, (40, 32)).astype(np.float32)
    rows *= np.float32(10.0) ** rng.integers(-5, 4, (40, 1)).astype(np.float32)
    rows[0] = 0
    rows[1] = -rows[1].max()  # all alike
    rows[2, ::2] = rows[2].max() * np.float32(0.5)  # ties
    rows[3] = np.arange(32, dtype=np.float32) - 16
    rows[4] *= np.float32(1e30)  # scales beyond f16
    return rows


def main():
    rng = np.random.default_rng(20240229)
    for kind in SCALES:
        blocks = blocks_of(kind, rng)
        with np.errstate(all="ignore"):
            weights = gguf.quants.dequantize(blocks.reshape(1, -1), kind)
        (HERE / f"{kind.name}.blocks").write_bytes(blocks.tobytes())
        (HERE / f"{kind.name}.f32").write_bytes(weights.astype("<f4").tobytes())
    for kind in (TYPES.F16, TYPES.BF16, TYPES.Q8_0, TYPES.Q4_0):
        rows = inputs(rng)
        with np.errstate(all="ignore"):
            blocks = gguf.quants.quantize(rows, kind)
        (HERE / f"{kind.name}.input").write_bytes(rows.astype("<f4").tobytes())
        (HERE / f"{kind.name}.output").write_bytes(blocks.tobytes())


main()
