#include "infer/kernels/reference/reference.h"

namespace ferry::kernels::reference {
namespace {

float peak_rounds(int64_t rounds) {
  float sums[4] = {0, 1, 2, 3};
  for (int64_t round = 0; round < rounds; ++round) {
    for (float& sum : sums) sum = sum * 0.999f + 0.999f;
  }
  return sums[0] + sums[1] + sums[2] + sums[3];
}

}  // namespace

const KernelTable kTable = {
    .name = "reference",
    .description = "plain C++ loops, slow, on any machine",
    .supported = [] { return true; },
    .unit = {"plain f32 multiply and add", 8, peak_rounds},
    .int8_unit = {"plain f32 multiply and add", 8, peak_rounds},
    .pack = pack,
    .packed_bytes = packed_bytes,
    .matmul = matmul,
    .gather = gather,
    .rms_norm = rms_norm,
    .layer_norm = layer_norm,
    .rope = rope,
    .swiglu = swiglu,
    .gelu = gelu,
    .add = add,
    .add_bias = add_bias,
    .store_kv = store_kv,
    .attention = attention,
    .bidirectional_attention = bidirectional_attention,
};

}  // namespace ferry::kernels::reference
