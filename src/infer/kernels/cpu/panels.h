#pragma once
// How the CPU tables keep weights. All of them share one layout, and `pack` makes it.
//
// A panel is 16 outputs: a vector lane is one output, so sums run down a lane and never across. Four panels
// are a group; outputs are padded with zeros to whole groups, inputs to whole blocks. A matrix is
//   [groups][blocks of inputs][4 panels][block_bytes]
// so that multiplying one row reads a group, 64 outputs, as one ascending stream.
//
// What a block holds for its panel, each [..., 16] with one entry an output:
//   f32   32 inputs: [32][16] f32
//   f16   32 inputs: [32][16] f16
//   bf16  32 inputs: [16][16][2] bf16, inputs in pairs: the operand of AMX's and AVX-512's bf16 products, too
//   q8_0  32 inputs: scales [16] f16, codes [32][16] int8
//   q4_0  32 inputs: scales [16] f16, codes [16][16] bytes: input 2i in the low half, 2i + 1 in the high
//   q4_k  256 inputs: d [16] f16, dmin [16] f16, scales [8][16], mins [8][16] bytes, codes [128][16] as
//   q4_0's q6_k  256 inputs: d [16] f16, scales [16][16] int8, low four bits [128][16] as q4_0's codes,
//         high two bits [64][16] bytes: inputs 4i .. 4i + 3 from the lowest bits up

#include <cstdint>

#include "infer/kernels/kernels.h"

namespace ferry::kernels::cpu {

inline constexpr int kLanes = 16;
inline constexpr int kGroupPanels = 4;
inline constexpr int kGroupOutputs = kLanes * kGroupPanels;

struct PanelFormat {
  int64_t block_inputs;
  int64_t block_bytes;  // of one panel
};

constexpr PanelFormat panel_format(DType stored) {
  switch (stored) {
    case DType::f32:
      return {32, 2048};
    case DType::f16:
    case DType::bf16:
      return {32, 1024};
    case DType::q8_0:
      return {32, 32 + 512};
    case DType::q4_0:
      return {32, 32 + 256};
    case DType::q4_k:
      return {256, 64 + 256 + 2048};
    case DType::q6_k:
      return {256, 32 + 256 + 2048 + 1024};
  }
  return {1, 0};
}

// Plain numbers are rounded to bf16 when they are packed for that arithmetic; blocks keep their codes.
constexpr DType stored_dtype(DType source, Arithmetic arithmetic) {
  const bool plain = source == DType::f32 || source == DType::f16;
  return plain && rounds_to_bf16(arithmetic) ? DType::bf16 : source;
}

constexpr int64_t ceil_div(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

struct PanelShape {
  DType stored;
  int64_t groups;
  int64_t blocks;  // per group
  int64_t inputs;  // padded
  int64_t group_bytes;

  PanelShape(DType source, Arithmetic arithmetic, int64_t outputs, int64_t source_inputs)
      : stored(stored_dtype(source, arithmetic)) {
    const PanelFormat format = panel_format(stored);
    groups = ceil_div(outputs, kGroupOutputs);
    blocks = ceil_div(source_inputs, format.block_inputs);
    inputs = blocks * format.block_inputs;
    group_bytes = blocks * kGroupPanels * format.block_bytes;
  }
  explicit PanelShape(const PackedMatrix& w) : PanelShape(w.source, w.arithmetic, w.outputs, w.inputs) {}
};

Result<PackedMatrix> pack_panels(const TensorView& w, Arithmetic arithmetic, ThreadPool& pool,
                                 const KernelTable& table);
int64_t packed_panel_bytes(DType source, Arithmetic arithmetic, int64_t outputs, int64_t inputs);

}  // namespace ferry::kernels::cpu
