"""Encoders for Q4_K and Q6_K blocks, which gguf-py only decodes.

They make valid blocks, not the best ones: llama.cpp searches for scales that lose less. As an oracle that
does not matter, because expected values come from the decoded blocks.
"""

import numpy as np


def q4_k(weights: np.ndarray) -> np.ndarray:
    """[rows, n] float32, n a multiple of 256 -> [rows, n / 256 * 144] uint8."""
    w = weights.reshape(-1, 8, 32)
    low = np.minimum(w.min(axis=2), 0)
    scale = (w.max(axis=2) - low) / 15
    d = (scale.max(axis=1) / 63).astype(np.float16)
    dmin = (-low.min(axis=1) / 63).astype(np.float16)
    d32, dmin32 = d.astype(np.float32)[:, None], dmin.astype(np.float32)[:, None]
    sc = np.clip(np.rint(scale / d32), 1, 63).astype(np.uint8)
    mn = np.clip(np.rint(-low / np.where(dmin32 == 0, 1, dmin32)), 0, 63).astype(np.uint8)
    q = np.rint((w + (dmin32 * mn)[:, :, None]) / (d32 * sc)[:, :, None])
    q = np.clip(q, 0, 15).astype(np.uint8)

    packed = np.zeros((w.shape[0], 12), np.uint8)
    packed[:, 0:4] = sc[:, 0:4] | ((sc[:, 4:8] >> 4) << 6)
    packed[:, 4:8] = mn[:, 0:4] | ((mn[:, 4:8] >> 4) << 6)
    packed[:, 8:12] = (sc[:, 4:8] & 15) | ((mn[:, 4:8] & 15) << 4)
    nibbles = q[:, 0::2] | (q[:, 1::2] << 4)  # [blocks, 4, 32]
    block = np.concatenate(
        [d.view(np.uint8).reshape(-1, 2), dmin.view(np.uint8).reshape(-1, 2), packed, nibbles.reshape(-1, 128)],
        axis=1)
    return block.reshape(weights.shape[0], -1)


def q6_k(weights: np.ndarray) -> np.ndarray:
    """[rows, n] float32, n a multiple of 256 -> [rows, n / 256 * 210] uint8."""
    w = weights.reshape(-1, 16, 16)
    scale = np.abs(w).max(axis=2) / 31
    d = (scale.max(axis=1) / 127).astype(np.float16)
    d32 = d.astype(np.float32)[:, None]
    sc = np.clip(np.rint(scale / d32), 1, 127).astype(np.int8)
    q = np.clip(np.rint(w / (d32 * sc)[:, :, None]), -32, 31) + 32
    q = q.astype(np.uint8).reshape(-1, 2, 4, 32)  # [blocks, half, quarter, 32]
    low, high = q & 15, q >> 4
    ql = np.concatenate([low[:, :, 0] | (low[:, :, 2] << 4), low[:, :, 1] | (low[:, :, 3] << 4)], axis=2)
    qh = high[:, :, 0] | (high[:, :, 1] << 2) | (high[:, :, 2] << 4) | (high[:, :, 3] << 6)
    block = np.concatenate(
        [ql.reshape(-1, 128), qh.reshape(-1, 64), sc.view(np.uint8), d.view(np.uint8).reshape(-1, 2)], axis=1)
    return block.reshape(weights.shape[0], -1)
