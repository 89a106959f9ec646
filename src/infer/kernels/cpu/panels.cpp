#include "infer/kernels/cpu/panels.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "infer/kernels/cpu/block_codes.h"
#include "infer/kernels/cpu/int8/panels.h"
#include "infer/tensor/blocks.h"
#include "infer/tensor/half.h"

namespace ferry::kernels::cpu {

namespace {

// `block` is one panel's; `lane` is the output in it; `source` is that output's row from the block's first
// input on, of which `inputs` exist (all of them for the formats with blocks of their own).

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
  pack_nibbles(codes_of_q4_0(source).data(), 32, lane, block + 2 * kLanes);
}

void pack_q4_k(const std::byte* source, int64_t, int lane, std::byte* block) {
  pack_scales_of_q4_k(source, lane, block);
  pack_nibbles(codes_of_q4_k(source).data(), 256, lane, block + 64 + 256);
}

void pack_q6_k(const std::byte* source, int64_t, int lane, std::byte* block) {
  pack_scales_of_q6_k(source, lane, block);
  const std::array<uint8_t, 256> codes = codes_of_q6_k(source);
  std::array<uint8_t, 256> low;
  for (size_t k = 0; k < 256; ++k) low[k] = codes[k] & 15;
  std::byte* nibbles = block + 32 + 256;
  pack_nibbles(low.data(), 256, lane, nibbles);
  std::byte* crumbs = nibbles + 2048;
  for (size_t k = 0; k < 256; k += 4) {
    crumbs[k / 4 * kLanes + static_cast<size_t>(lane)] = static_cast<std::byte>(
        codes[k] >> 4 | codes[k + 1] >> 4 << 2 | codes[k + 2] >> 4 << 4 | codes[k + 3] >> 4 << 6);
  }
}

PackBlock packer(DType source, Arithmetic arithmetic) {
  if (multiplies_integers(source, arithmetic)) return int8_packer(source);
  const bool round = rounds_to_bf16(arithmetic);
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
