#pragma once

#include "infer/kernels/kernels.h"

namespace ferry::kernels::cpu {

extern const KernelTable kSse2Table;
extern const KernelTable kAvx2Table;
extern const KernelTable kAvx512Table;
extern const KernelTable kAvx512Bf16Table;
extern const KernelTable kAmxTable;

}  // namespace ferry::kernels::cpu
