#include "infer/tensor/blocks.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/core/result.h"
#include "infer/tensor/half.h"

namespace ferry {
namespace {

uint8_t byte_at(const std::byte* bytes, int i) {
  return std::to_integer<uint8_t>(bytes[i]);
}
int8_t int8_at(const std::byte* bytes, int i) {
  return static_cast<int8_t>(byte_at(bytes, i));
}

uint16_t bits_at(const std::byte* address) {
  uint16_t bits;
  std::memcpy(&bits, address, sizeof bits);
  return bits;
}
float f16_at(const std::byte* address) {
  return f16_to_f32(bits_at(address));
}
void put_bits(std::byte* address, uint16_t bits) {
  std::memcpy(address, &bits, sizeof bits);
}

// {f16 d; int8 q[32]}
void dequantize_q8_0(const std::byte* block, float* out) {
  const float d = f16_at(block);
  for (int i = 0; i < 32; ++i) out[i] = static_cast<float>(int8_at(block + 2, i)) * d;
}

// {f16 d; u8 q[16]}: the low nibbles are weights 0 to 15, the high ones 16 to 31, all offset by 8
void dequantize_q4_0(const std::byte* block, float* out) {
  const float d = f16_at(block);
  for (int i = 0; i < 16; ++i) {
    const uint8_t q = byte_at(block + 2, i);
    out[i] = d * static_cast<float>((q & 15) - 8);
    out[i + 16] = d * static_cast<float>((q >> 4) - 8);
  }
}

struct ScaleAndMin {
  float scale;
  float min;
};

// The 6-bit scale and minimum of group j of 8, packed in 12 bytes: of groups 0 to 3 in the low six bits of
// bytes j and j + 4; of groups 4 to 7 four bits in byte j + 4 and two in the top of bytes j - 4 and j.
ScaleAndMin q4_k_scale_and_min(const std::byte* packed, int j) {
  if (j < 4) {
    return {static_cast<float>(byte_at(packed, j) & 63), static_cast<float>(byte_at(packed, j + 4) & 63)};
  }
  const uint8_t low = byte_at(packed, j + 4);
  return {static_cast<float>((low & 15) | ((byte_at(packed, j - 4) >> 6) << 4)),
          static_cast<float>((low >> 4) | ((byte_at(packed, j) >> 6) << 4))};
}

// {f16 d; f16 dmin; u8 scales[12]; u8 q[128]}: 8 groups of 32; each 32 bytes of q hold one group in their low
// nibbles and the next in their high ones
void dequantize_q4_k(const std::byte* block, float* out) {
  const float d = f16_at(block);
  const float dmin = f16_at(block + 2);
  for (int group = 0; group < 8; ++group) {
    const auto [scale, min] = q4_k_scale_and_min(block + 4, group);
    const float group_d = d * scale;
    const float group_min = dmin * min;
    const std::byte* q = block + 16 + group / 2 * 32;
    const int shift = group % 2 * 4;
    for (int i = 0; i < 32; ++i) {
      const float product = group_d * static_cast<float>((byte_at(q, i) >> shift) & 15);
      out[group * 32 + i] = product - group_min;
    }
  }
}

// {u8 low[128]; u8 high[64]; int8 scales[16]; f16 d}: two halves of 128 weights; in each, 32 bytes of `high`
// give the top two bits of four rows of 32, and 64 bytes of `low` rows 0 and 1 in the low nibbles, 2 and 3 in
// the high ones
void dequantize_q6_k(const std::byte* block, float* out) {
  const float d = f16_at(block + 208);
  for (int row = 0; row < 8; ++row) {
    const int half = row / 4;
    const int quarter = row % 4;
    const std::byte* low = block + half * 64 + quarter % 2 * 32;
    const std::byte* high = block + 128 + half * 32;
    for (int i = 0; i < 32; ++i) {
      const float scale = d * static_cast<float>(int8_at(block + 192, row * 2 + i / 16));
      const int nibble = (byte_at(low, i) >> (quarter / 2 * 4)) & 15;
      const int top = (byte_at(high, i) >> (quarter * 2)) & 3;
      out[row * 32 + i] = scale * static_cast<float>((nibble | (top << 4)) - 32);
    }
  }
}

// Scales below 2^-128 have no reciprocal in float32, so the product may be infinite or NaN: it becomes 0 or
// the limit, and the f16 scale beside it is 0 anyway.
int rounded(float value, int low, int high) {
  if (std::isnan(value)) return 0;
  return static_cast<int>(std::clamp(value, static_cast<float>(low), static_cast<float>(high)));
}

void quantize_q8_0(const float* in, std::byte* block) {
  float largest = 0;
  for (int i = 0; i < 32; ++i) largest = std::max(largest, std::abs(in[i]));
  const float d = largest / 127;
  const float inverse = d == 0 ? 0 : 1 / d;
  put_bits(block, f32_to_f16(d));
  for (int i = 0; i < 32; ++i) {
    block[2 + i] = static_cast<std::byte>(rounded(std::round(in[i] * inverse), -127, 127));
  }
}

void quantize_q4_0(const float* in, std::byte* block) {
  const float extreme =
      *std::max_element(in, in + 32, [](float a, float b) { return std::abs(a) < std::abs(b); });
  const float d = extreme / -8;
  const float inverse = d == 0 ? 0 : 1 / d;
  put_bits(block, f32_to_f16(d));
  const auto nibble = [&](float weight) { return rounded(std::trunc(weight * inverse + 8.5f), 0, 15); };
  for (int i = 0; i < 16; ++i)
    block[2 + i] = static_cast<std::byte>(nibble(in[i]) | (nibble(in[i + 16]) << 4));
}

}  // namespace

void dequantize_row(DType dtype, const std::byte* row, int64_t n, float* out) {
  const auto [name, elements, bytes] = dtype_info(dtype);
  FERRY_CHECK(n % elements == 0);
  const auto each_block = [&, step = elements, stride = bytes](auto dequantize) {
    for (int64_t i = 0; i < n; i += step, row += stride) dequantize(row, out + i);
  };
  switch (dtype) {
    case DType::f32:
      if (n > 0) std::memcpy(out, row, static_cast<size_t>(n) * sizeof(float));
      return;
    case DType::f16:
      return each_block([](const std::byte* from, float* to) { *to = f16_at(from); });
    case DType::bf16:
      return each_block([](const std::byte* from, float* to) { *to = bf16_to_f32(bits_at(from)); });
    case DType::q8_0:
      return each_block(dequantize_q8_0);
    case DType::q4_0:
      return each_block(dequantize_q4_0);
    case DType::q4_k:
      return each_block(dequantize_q4_k);
    case DType::q6_k:
      return each_block(dequantize_q6_k);
  }
}

bool can_quantize(DType dtype) {
  return dtype != DType::q4_k && dtype != DType::q6_k;
}

void quantize_row(DType dtype, const float* row, int64_t n, std::byte* out) {
  FERRY_CHECK(can_quantize(dtype));
  const auto [name, elements, bytes] = dtype_info(dtype);
  FERRY_CHECK(n % elements == 0);
  const auto each_block = [&, step = elements, stride = bytes](auto quantize) {
    for (int64_t i = 0; i < n; i += step, out += stride) quantize(row + i, out);
  };
  switch (dtype) {
    case DType::f32:
      if (n > 0) std::memcpy(out, row, static_cast<size_t>(n) * sizeof(float));
      return;
    case DType::f16:
      return each_block([](const float* from, std::byte* to) { put_bits(to, f32_to_f16(*from)); });
    case DType::bf16:
      return each_block([](const float* from, std::byte* to) { put_bits(to, f32_to_bf16(*from)); });
    case DType::q8_0:
      return each_block(quantize_q8_0);
    case DType::q4_0:
      return each_block(quantize_q4_0);
    case DType::q4_k:
    case DType::q6_k:
      return;
  }
}

}  // namespace ferry
