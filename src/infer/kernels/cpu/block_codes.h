#pragma once
// The codes and scales of one block of weights as a file holds it (ggml-quants.c), one output at a time.

#include <array>
#include <cstring>

#include "infer/kernels/cpu/panels.h"

namespace ferry::kernels::cpu {

inline uint8_t byte_at(const std::byte* p, int64_t i) {
  return static_cast<uint8_t>(p[i]);
}

// 0 to 15: the weight is scale * (code - 8).
inline std::array<uint8_t, 32> codes_of_q4_0(const std::byte* source) {
  std::array<uint8_t, 32> codes;
  for (size_t i = 0; i < 16; ++i) {
    const uint8_t both = byte_at(source + 2, static_cast<int64_t>(i));
    codes[i] = both & 15;
    codes[i + 16] = both >> 4;
  }
  return codes;
}

// get_scale_min_k4: eight scales and mins of six bits in twelve bytes.
inline void unpack_scale_min(const std::byte* packed, int j, uint8_t& scale, uint8_t& min) {
  if (j < 4) {
    scale = byte_at(packed, j) & 63;
    min = byte_at(packed, j + 4) & 63;
    return;
  }
  scale = static_cast<uint8_t>((byte_at(packed, j + 4) & 15) | byte_at(packed, j - 4) >> 6 << 4);
  min = static_cast<uint8_t>(byte_at(packed, j + 4) >> 4 | byte_at(packed, j) >> 6 << 4);
}

// Into a panel's block: d [16] f16, dmin [16] f16, scales [8][16], mins [8][16].
inline void pack_scales_of_q4_k(const std::byte* source, int lane, std::byte* block) {
  std::memcpy(block + 2 * lane, source, 2);
  std::memcpy(block + 32 + 2 * lane, source + 2, 2);
  for (int j = 0; j < 8; ++j) {
    uint8_t scale = 0;
    uint8_t min = 0;
    unpack_scale_min(source + 4, j, scale, min);
    block[64 + j * kLanes + lane] = std::byte{scale};
    block[64 + (8 + j) * kLanes + lane] = std::byte{min};
  }
}

// 0 to 15.
inline std::array<uint8_t, 256> codes_of_q4_k(const std::byte* source) {
  std::array<uint8_t, 256> codes;
  for (size_t i = 0; i < 128; ++i) {  // 32 bytes hold 64 inputs: the first half in their low bits
    const uint8_t both = byte_at(source + 16, static_cast<int64_t>(i));
    const size_t at = i / 32 * 64 + i % 32;
    codes[at] = both & 15;
    codes[at + 32] = both >> 4;
  }
  return codes;
}

// Into a panel's block: d [16] f16, scales [16][16] int8.
inline void pack_scales_of_q6_k(const std::byte* source, int lane, std::byte* block) {
  std::memcpy(block + 2 * lane, source + 208, 2);
  for (int j = 0; j < 16; ++j) block[32 + j * kLanes + lane] = source[192 + j];
}

// 0 to 63: the weight is scale * (code - 32).
inline std::array<uint8_t, 256> codes_of_q6_k(const std::byte* source) {
  std::array<uint8_t, 256> codes;
  for (size_t k = 0; k < 256; ++k) {  // each 128: quarters in ql's bytes l, l + 32 and their high halves
    const size_t half = k / 128;
    const size_t quarter = k % 128 / 32;
    const size_t l = k % 32;
    const uint8_t four = byte_at(source, static_cast<int64_t>(half * 64 + quarter % 2 * 32 + l));
    const uint8_t two = byte_at(source + 128, static_cast<int64_t>(half * 32 + l));
    const int low = quarter < 2 ? four & 15 : four >> 4;
    codes[k] = static_cast<uint8_t>(low | (two >> 2 * quarter & 3) << 4);
  }
  return codes;
}

}  // namespace ferry::kernels::cpu
