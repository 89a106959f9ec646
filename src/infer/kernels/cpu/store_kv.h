#pragma once

#include "infer/kernels/kernels.h"

namespace ferry::kernels::cpu {

// The store_kv of every CPU table: its time is that of scattered writes, which vectors do not shorten.
void store_kv(const StoreKvArgs& args);

}  // namespace ferry::kernels::cpu
