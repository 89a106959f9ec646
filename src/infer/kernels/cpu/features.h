#pragma once
// What this processor and its operating system let a program use.

namespace ferry::kernels::cpu {

bool has_sse2();
bool has_avx2();    // AVX2, FMA, F16C
bool has_avx512();  // F, BW, DQ, VL, beside has_avx2()
// AMX-TILE and AMX-BF16, beside has_avx512(). Asks Linux to let this process use tiles, once.
bool has_amx();

}  // namespace ferry::kernels::cpu
