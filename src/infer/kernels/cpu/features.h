#pragma once
// What this processor and its operating system let a program use.

namespace ferry::kernels::cpu {

bool has_sse2();
bool has_avx2();  // AVX2, FMA, F16C
bool has_avx512();
bool has_avx512_vnni();  // beside has_avx512()  // F, BW, DQ, VL, beside has_avx2()
// BF16 and VBMI, beside has_avx512(), on AMD's processors. Intel's have the bf16 dot product, too, but at
// half the speed of multiply-adds in f32.
bool has_fast_avx512_bf16();
// AMX-TILE and AMX-BF16, beside has_avx512(). Asks Linux to let this process use tiles, once.
bool has_amx();

}  // namespace ferry::kernels::cpu
