#include "infer/kernels/reference/reference.h"

namespace ferry::kernels::reference {

const KernelTable kTable = {
    .name = "reference",
    .description = "plain C++ loops, slow, on any machine",
    .supported = [] { return true; },
    .pack = pack,
    .matmul = matmul,
    .gather = gather,
    .rms_norm = rms_norm,
    .rope = rope,
    .swiglu = swiglu,
    .add = add,
    .add_bias = add_bias,
    .store_kv = store_kv,
    .attention = attention,
};

}  // namespace ferry::kernels::reference
