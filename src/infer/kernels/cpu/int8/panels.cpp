#include "infer/kernels/cpu/int8/panels.h"

#include <array>
#include <cstring>

#include "infer/kernels/cpu/block_codes.h"
#include "infer/tensor/half.h"

namespace ferry::kernels::cpu {
namespace {

// Of codes four inputs side by side: where input k of `lane` lies.
constexpr int64_t quad_place(int64_t k, int lane) {
  return k / 4 * (kLanes * 4) + lane * 4 + k % 4;
}

// Where input k of a block of nibbles lies, and whether in the high half.
struct NibblePlace {
  int64_t at;
  int shift;

  NibblePlace(int64_t k, int lane)
      : at(k / 32 * (16 * kLanes) + quad_place(k % 16, lane)), shift(k % 32 / 16 * 4) {}
};
struct CrumbPlace {
  int64_t at;
  int shift;

  CrumbPlace(int64_t k, int lane)
      : at(k / 32 * (8 * kLanes) + k % 16 / 8 * (kLanes * 4) + lane * 4 + k % 4),
        shift(k % 8 / 4 * 4 + k % 32 / 16 * 2) {}
};

template <class Place>
void put(std::byte* bytes, Place place, unsigned code) {
  bytes[place.at] |= static_cast<std::byte>(code << place.shift);
}
template <class Place>
unsigned get(const std::byte* bytes, Place place, unsigned mask) {
  return std::to_integer<unsigned>(bytes[place.at]) >> place.shift & mask;
}

constexpr int64_t kQ4KCodes = 64 + 256;
constexpr int64_t kQ6KLow = 32 + 256;
constexpr int64_t kQ6KHigh = kQ6KLow + 2048;

void pack_q8_0(const std::byte* source, int64_t, int lane, std::byte* block) {
  std::memcpy(block + 2 * lane, source, 2);
  for (int64_t k = 0; k < 32; ++k) block[32 + quad_place(k, lane)] = source[2 + k] ^ std::byte{0x80};
}

void pack_q4_0(const std::byte* source, int64_t, int lane, std::byte* block) {
  std::memcpy(block + 2 * lane, source, 2);
  const auto codes = codes_of_q4_0(source);
  for (int64_t k = 0; k < 32; ++k) put(block + 32, NibblePlace(k, lane), codes[static_cast<size_t>(k)]);
}

void pack_q4_k(const std::byte* source, int64_t, int lane, std::byte* block) {
  pack_scales_of_q4_k(source, lane, block);
  const auto codes = codes_of_q4_k(source);
  for (int64_t k = 0; k < 256; ++k)
    put(block + kQ4KCodes, NibblePlace(k, lane), codes[static_cast<size_t>(k)]);
}

void pack_q6_k(const std::byte* source, int64_t, int lane, std::byte* block) {
  pack_scales_of_q6_k(source, lane, block);
  const auto codes = codes_of_q6_k(source);
  for (int64_t k = 0; k < 256; ++k) {
    const unsigned code = codes[static_cast<size_t>(k)];
    put(block + kQ6KLow, NibblePlace(k, lane), code & 15);
    put(block + kQ6KHigh, CrumbPlace(k, lane), code >> 4);
  }
}

float half_at(const std::byte* block, int lane) {
  uint16_t bits = 0;
  std::memcpy(&bits, block + 2 * lane, 2);
  return f16_to_f32(bits);
}
float u8_at(const std::byte* block, int64_t at) {
  return static_cast<float>(std::to_integer<int>(block[at]));
}
float i8_at(const std::byte* block, int64_t at) {
  return static_cast<float>(static_cast<int8_t>(block[at]));
}

// Weight k of a block, for one output.
using ReadWeight = float (*)(const std::byte* block, int lane, int64_t k);

float read_q8_0(const std::byte* block, int lane, int64_t k) {
  return half_at(block, lane) * (u8_at(block, 32 + quad_place(k, lane)) - 128);
}
float read_q4_0(const std::byte* block, int lane, int64_t k) {
  return half_at(block, lane) * (static_cast<float>(get(block + 32, NibblePlace(k, lane), 15)) - 8);
}
float read_q4_k(const std::byte* block, int lane, int64_t k) {
  const int64_t step = k / 32;
  const float scale = half_at(block, lane) * u8_at(block, 64 + step * kLanes + lane);
  const float min = half_at(block + 32, lane) * u8_at(block, 64 + (8 + step) * kLanes + lane);
  return scale * static_cast<float>(get(block + kQ4KCodes, NibblePlace(k, lane), 15)) - min;
}
float read_q6_k(const std::byte* block, int lane, int64_t k) {
  const float scale = half_at(block, lane) * i8_at(block, 32 + k / 16 * kLanes + lane);
  const unsigned low = get(block + kQ6KLow, NibblePlace(k, lane), 15);
  const unsigned high = get(block + kQ6KHigh, CrumbPlace(k, lane), 3);
  return scale * (static_cast<float>(low | high << 4) - 32);
}

ReadWeight weight_reader(DType source) {
  switch (source) {
    case DType::q8_0:
      return read_q8_0;
    case DType::q4_0:
      return read_q4_0;
    case DType::q4_k:
      return read_q4_k;
    case DType::q6_k:
      return read_q6_k;
    default:
      return nullptr;
  }
}

}  // namespace

PackBlock int8_packer(DType source) {
  switch (source) {
    case DType::q8_0:
      return pack_q8_0;
    case DType::q4_0:
      return pack_q4_0;
    case DType::q4_k:
      return pack_q4_k;
    case DType::q6_k:
      return pack_q6_k;
    default:
      return nullptr;
  }
}

void int8_gather(const PackedMatrix& w, std::span<const int32_t> ids, float* out) {
  const PanelShape shape(w);
  const PanelFormat format = panel_format(w.source);
  const ReadWeight read = weight_reader(w.source);
  for (const int32_t id : ids) {
    const std::byte* group = w.data.data() + id / kGroupOutputs * shape.group_bytes;
    const int panel = id % kGroupOutputs / kLanes;
    for (int64_t k = 0; k < w.inputs; ++k) {
      const int64_t block = k / format.block_inputs;
      *out++ = read(group + (block * kGroupPanels + panel) * format.block_bytes, id % kLanes,
                    k % format.block_inputs);
    }
  }
}

}  // namespace ferry::kernels::cpu
