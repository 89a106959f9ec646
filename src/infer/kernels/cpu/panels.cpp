#include "infer/kernels/cpu/panels.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "infer/tensor/blocks.h"
#include "infer/tensor/half.h"

namespace ferry::kernels::cpu {

namespace {

// `block` is one panel's; `lane` is the output in it; `source` is that output's row from the block's first
// input on, of which `inputs` exist (all of them for the formats with blocks of their own).

uint8_t byte_at(const std::byte* p, int64_t i) {
  return static_cast<uint8_t>(p[i]);
}

void set_half(std::byte* block, int lane, const std::byte* source) {
  std::memcpy(block + 2 * lane, source, 2);
}

void pack_f32(const std::byte* source, int64_t inputs, int lane, std::byte* block) {
  for (int64_t k = 0; k < inputs; ++k) std::memcpy(block + (k * kLanes + lane) * 4, source + k * 4, 4);
}

void pack_f16(const std::byte* source, int64_t inputs, int lane, std::byte* block) {
  for (int64_t k = 0; k < inputs; ++k) set_half(block + k * kLanes * 2, lane, source + k * 2);
}

// Of the pairs [inputs / 2][lanes][2].
std::byte* bf16_place(std::byte* block, int64_t k, int lane) {
  return block + ((k / 2 * kLanes + lane) * 2 + k % 2) * 2;
}

void pack_bf16(const std::byte* source, int64_t inputs, int lane, std::byte* block) {
  for (int64_t k = 0; k < inputs; ++k) std::memcpy(bf16_place(block, k, lane), source + k * 2, 2);
}

template <DType kSource>
void pack_rounded(const std::byte* source, int64_t inputs, int lane, std::byte* block) {
  std::array<float, 32> values;
  dequantize_row(kSource, source, inputs, values.data());
  for (int64_t k = 0; k < inputs; ++k) {
    const uint16_t bits = f32_to_bf16(values[static_cast<size_t>(k)]);
    std::memcpy(bf16_place(block, k, lane), &bits, 2);
  }
}

void pack_q8_0(const std::byte* source, int64_t, int lane, std::byte* block) {
  set_half(block, lane, source);
  std::byte* codes = block + 2 * kLanes;
  for (int64_t k = 0; k < 32; ++k) codes[k * kLanes + lane] = source[2 + k];
}

// codes: 0 to 15, `count` of them.
void pack_nibbles(const uint8_t* codes, int64_t count, int lane, std::byte* out) {
  for (int64_t k = 0; k < count; k += 2) {
    out[k / 2 * kLanes + lane] = static_cast<std::byte>(codes[k] | codes[k + 1] << 4);
  }
}

void pack_q4_0(const std::byte* source, int64_t, int lane, std::byte* block) {
  set_half(block, lane, source);
  std::array<uint8_t, 32> codes;
  for (size_t i = 0; i < 16; ++i) {
    const uint8_t both = byte_at(source + 2, static_cast<int64_t>(i));
    codes[i] = both & 15;
    codes[i + 16] = both >> 4;
  }
  pack_nibbles(codes.data(), 32, lane, block + 2 * kLanes);
}

// ggml-quants.c, get_scale_min_k4: eight scales and mins of six bits in twelve bytes.
void unpack_scale_min(const std::byte* packed, int j, uint8_t& scale, uint8_t& min) {
  if (j < 4) {
    scale = byte_at(packed, j) & 63;
    min = byte_at(packed, j + 4) & 63;
    return;
  }
  scale = static_cast<uint8_t>((byte_at(packed, j + 4) & 15) | byte_at(packed, j - 4) >> 6 << 4);
  min = static_cast<uint8_t>(byte_at(packed, j + 4) >> 4 | byte_at(packed, j) >> 6 << 4);
}

void pack_q4_k(const std::byte* source, int64_t, int lane, std::byte* block) {
  set_half(block, lane, source);
  set_half(block + 32, lane, source + 2);
  for (int j = 0; j < 8; ++j) {
    uint8_t scale = 0;
    uint8_t min = 0;
    unpack_scale_min(source + 4, j, scale, min);
    block[64 + j * kLanes + lane] = std::byte{scale};
    block[64 + (8 + j) * kLanes + lane] = std::byte{min};
  }
  std::array<uint8_t, 256> codes;
  for (size_t i = 0; i < 128; ++i) {  // 32 bytes hold 64 inputs: the first half in their low bits
    const uint8_t both = byte_at(source + 16, static_cast<int64_t>(i));
    const size_t at = i / 32 * 64 + i % 32;
    codes[at] = both & 15;
    codes[at + 32] = both >> 4;
  }
  pack_nibbles(codes.data(), 256, lane, block + 64 + 256);
}

void pack_q6_k(const std::byte* source, int64_t, int lane, std::byte* block) {
  set_half(block, lane, source + 208);
  for (int j = 0; j < 16; ++j) block[32 + j * kLanes + lane] = source[192 + j];
  std::array<uint8_t, 256> low;
  std::array<uint8_t, 256> high;
  for (size_t k = 0; k < 256; ++k) {  // each 128: quarters in ql's bytes l, l + 32 and their high halves
    const size_t half = k / 128;
    const size_t quarter = k % 128 / 32;
    const size_t l = k % 32;
    const uint8_t four = byte_at(source, static_cast<int64_t>(half * 64 + quarter % 2 * 32 + l));
    const uint8_t two = byte_at(source + 128, static_cast<int64_t>(half * 32 + l));
    low[k] = quarter < 2 ? four & 15 : four >> 4;
    high[k] = two >> 2 * quarter & 3;
  }
  std::byte* nibbles = block + 32 + 256;
  pack_nibbles(low.data(), 256, lane, nibbles);
  std::byte* crumbs = nibbles + 2048;
  for (size_t k = 0; k < 256; k += 4) {
    crumbs[k / 4 * kLanes + static_cast<size_t>(lane)] =
        static_cast<std::byte>(high[k] | high[k + 1] << 2 | high[k + 2] << 4 | high[k + 3] << 6);
  }
}

using PackBlock = void (*)(const std::byte* source, int64_t inputs, int lane, std::byte* block);

PackBlock packer(DType source, Arithmetic arithmetic) {
  const bool round = arithmetic == Arithmetic::bf16;
  switch (source) {
    case DType::f32:
      return round ? pack_rounded<DType::f32> : pack_f32;
    case DType::f16:
      return round ? pack_rounded<DType::f16> : pack_f16;
    case DType::bf16:
      return pack_bf16;
    case DType::q8_0:
      return pack_q8_0;
    case DType::q4_0:
      return pack_q4_0;
    case DType::q4_k:
      return pack_q4_k;
    case DType::q6_k:
      return pack_q6_k;
  }
  return nullptr;
}

// One panel's rows begin at output `first`; those beyond the last stay zero.
void pack_panel(const TensorView& w, PackBlock pack_block, const PanelShape& shape, int64_t first,
                std::byte* panel) {
  const PanelFormat format = panel_format(shape.stored);
  const DTypeInfo info = dtype_info(w.dtype);
  const int64_t inputs = w.shape.back();
  const int lanes = static_cast<int>(std::clamp<int64_t>(w.rows() - first, 0, kLanes));
  for (int64_t b = 0; b < shape.blocks; ++b) {
    const int64_t begin = b * format.block_inputs;
    const int64_t count = std::min(format.block_inputs, inputs - begin);
    std::byte* block = panel + b * kGroupPanels * format.block_bytes;
    for (int lane = 0; lane < lanes; ++lane) {
      pack_block(w.data + (first + lane) * w.row_bytes() + begin / info.elements * info.bytes, count, lane,
                 block);
    }
  }
}

}  // namespace

Result<PackedMatrix> pack_panels(const TensorView& w, Arithmetic arithmetic, ThreadPool& pool,
                                 const KernelTable& table) {
  const PanelShape shape(w.dtype, arithmetic, w.rows(), w.shape.back());
  FERRY_TRY(Buffer data, Buffer::allocate(static_cast<size_t>(shape.groups * shape.group_bytes)));
  const PackBlock pack_block = packer(w.dtype, arithmetic);
  pool.parallel_for(shape.groups * kGroupPanels, kGroupPanels, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p) {
      std::byte* group = data.data() + p / kGroupPanels * shape.group_bytes;
      std::byte* panel = group + p % kGroupPanels * panel_format(shape.stored).block_bytes;
      pack_panel(w, pack_block, shape, p * kLanes, panel);
    }
  });
  return PackedMatrix{&table, arithmetic, w.dtype, w.rows(), w.shape.back(), SharedBytes(std::move(data))};
}

int64_t packed_panel_bytes(DType source, Arithmetic arithmetic, int64_t outputs, int64_t inputs) {
  const PanelShape shape(source, arithmetic, outputs, inputs);
  return shape.groups * shape.group_bytes;
}

}  // namespace ferry::kernels::cpu
