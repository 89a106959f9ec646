// Vec on AVX2, FMA and F16C: two registers. Included by avx2.cpp inside its target region.
// What each function means stands in vec_sse2.h.

constexpr int kTileRows = 6;
constexpr int kTilePanels = 1;
constexpr int kFewRows = 10;
constexpr int kFusedRows = 5;
constexpr int kFusedPanels = 1;
constexpr int kAttentionQueries = 4;
constexpr int kAttentionVecs = 1;

struct Vec {
  __m256 a, b;
};

FERRY_INLINE Vec zero() {
  return {_mm256_setzero_ps(), _mm256_setzero_ps()};
}
FERRY_INLINE Vec broadcast(float x) {
  return {_mm256_set1_ps(x), _mm256_set1_ps(x)};
}
FERRY_INLINE Vec load(const float* p) {
  return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)};
}
FERRY_INLINE void store(float* p, Vec x) {
  _mm256_storeu_ps(p, x.a);
  _mm256_storeu_ps(p + 8, x.b);
}

FERRY_INLINE Vec add(Vec x, Vec y) {
  return {_mm256_add_ps(x.a, y.a), _mm256_add_ps(x.b, y.b)};
}
FERRY_INLINE Vec sub(Vec x, Vec y) {
  return {_mm256_sub_ps(x.a, y.a), _mm256_sub_ps(x.b, y.b)};
}
FERRY_INLINE Vec mul(Vec x, Vec y) {
  return {_mm256_mul_ps(x.a, y.a), _mm256_mul_ps(x.b, y.b)};
}
FERRY_INLINE Vec div(Vec x, Vec y) {
  return {_mm256_div_ps(x.a, y.a), _mm256_div_ps(x.b, y.b)};
}
FERRY_INLINE Vec max(Vec x, Vec y) {
  return {_mm256_max_ps(x.a, y.a), _mm256_max_ps(x.b, y.b)};
}
FERRY_INLINE Vec min(Vec x, Vec y) {
  return {_mm256_min_ps(x.a, y.a), _mm256_min_ps(x.b, y.b)};
}
FERRY_INLINE Vec fma(Vec x, Vec y, Vec z) {
  return {_mm256_fmadd_ps(x.a, y.a, z.a), _mm256_fmadd_ps(x.b, y.b, z.b)};
}
FERRY_INLINE Vec fnma(Vec x, Vec y, Vec z) {
  return {_mm256_fnmadd_ps(x.a, y.a, z.a), _mm256_fnmadd_ps(x.b, y.b, z.b)};
}

FERRY_INLINE __m256 power_of_2(__m256i n) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(n, _mm256_set1_epi32(127)), 23));
}
FERRY_INLINE __m256 scale_by_power_of_2(__m256 x, __m256 n) {
  const __m256i whole = _mm256_cvtps_epi32(n);
  const __m256i half = _mm256_srai_epi32(whole, 1);
  return _mm256_mul_ps(_mm256_mul_ps(x, power_of_2(half)), power_of_2(_mm256_sub_epi32(whole, half)));
}
FERRY_INLINE Vec scale_by_power_of_2(Vec x, Vec n) {
  return {scale_by_power_of_2(x.a, n.a), scale_by_power_of_2(x.b, n.b)};
}

FERRY_INLINE __m256 round_to_bf16(__m256 x) {
  const __m256i bits = _mm256_castps_si256(x);
  const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
  const __m256i rounded = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7FFF)));
  const __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
  const __m256 chosen = _mm256_blendv_ps(_mm256_castsi256_ps(rounded), _mm256_castsi256_ps(quiet),
                                         _mm256_cmp_ps(x, x, _CMP_UNORD_Q));
  return _mm256_and_ps(chosen, _mm256_castsi256_ps(_mm256_set1_epi32(static_cast<int>(0xFFFF0000u))));
}
FERRY_INLINE Vec round_to_bf16(Vec x) {
  return {round_to_bf16(x.a), round_to_bf16(x.b)};
}

FERRY_INLINE float reduce_add(Vec x) {
  const __m256 b = _mm256_add_ps(x.a, x.b);
  const __m128 c = _mm_add_ps(_mm256_castps256_ps128(b), _mm256_extractf128_ps(b, 1));
  const __m128 d = _mm_add_ps(c, _mm_movehl_ps(c, c));
  return _mm_cvtss_f32(_mm_add_ss(d, _mm_movehdup_ps(d)));
}
FERRY_INLINE float reduce_max(Vec x) {
  const __m256 b = _mm256_max_ps(x.a, x.b);
  const __m128 c = _mm_max_ps(_mm256_castps256_ps128(b), _mm256_extractf128_ps(b, 1));
  const __m128 d = _mm_max_ps(c, _mm_movehl_ps(c, c));
  return _mm_cvtss_f32(_mm_max_ss(d, _mm_movehdup_ps(d)));
}

FERRY_INLINE __m256i load_256(const void* p) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(p));
}
FERRY_INLINE __m128i load_128(const void* p) {
  return _mm_loadu_si128(static_cast<const __m128i*>(p));
}
FERRY_INLINE __m128i load_64(const void* p) {
  return _mm_loadl_epi64(static_cast<const __m128i*>(p));
}
FERRY_INLINE __m256 widen_bf16(__m128i bits) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
}

FERRY_INLINE Vec load(const uint16_t* bf16) {
  return {widen_bf16(load_128(bf16)), widen_bf16(load_128(bf16 + 8))};
}
FERRY_INLINE void load_bf16_pairs(const std::byte* p, Vec& even, Vec& odd) {
  const __m256i upper = _mm256_set1_epi32(static_cast<int>(0xFFFF0000u));
  const __m256i a = load_256(p);
  const __m256i b = load_256(p + 32);
  even = {_mm256_castsi256_ps(_mm256_slli_epi32(a, 16)), _mm256_castsi256_ps(_mm256_slli_epi32(b, 16))};
  odd = {_mm256_castsi256_ps(_mm256_and_si256(a, upper)), _mm256_castsi256_ps(_mm256_and_si256(b, upper))};
}
FERRY_INLINE Vec load_f16(const std::byte* p) {
  return {_mm256_cvtph_ps(load_128(p)), _mm256_cvtph_ps(load_128(p + 16))};
}

FERRY_INLINE Vec to_float(__m256i a, __m256i b) {
  return {_mm256_cvtepi32_ps(a), _mm256_cvtepi32_ps(b)};
}
FERRY_INLINE Vec load_i8(const std::byte* p) {
  return to_float(_mm256_cvtepi8_epi32(load_64(p)), _mm256_cvtepi8_epi32(load_64(p + 8)));
}
FERRY_INLINE Vec load_u8(const std::byte* p) {
  return to_float(_mm256_cvtepu8_epi32(load_64(p)), _mm256_cvtepu8_epi32(load_64(p + 8)));
}
FERRY_INLINE void load_nibbles(const std::byte* p, Vec& low, Vec& high) {
  const __m256i mask = _mm256_set1_epi32(15);
  const __m256i a = _mm256_cvtepu8_epi32(load_64(p));
  const __m256i b = _mm256_cvtepu8_epi32(load_64(p + 8));
  low = to_float(_mm256_and_si256(a, mask), _mm256_and_si256(b, mask));
  high = to_float(_mm256_srli_epi32(a, 4), _mm256_srli_epi32(b, 4));
}
FERRY_INLINE void load_crumbs(const std::byte* p, int shift, Vec& first, Vec& second) {
  const __m256i mask = _mm256_set1_epi32(3);
  const __m128i count = _mm_cvtsi32_si128(shift);
  const __m256i a = _mm256_srl_epi32(_mm256_cvtepu8_epi32(load_64(p)), count);
  const __m256i b = _mm256_srl_epi32(_mm256_cvtepu8_epi32(load_64(p + 8)), count);
  first = to_float(_mm256_and_si256(a, mask), _mm256_and_si256(b, mask));
  second = to_float(_mm256_and_si256(_mm256_srli_epi32(a, 2), mask),
                    _mm256_and_si256(_mm256_srli_epi32(b, 2), mask));
}

#include "infer/kernels/cpu/simd/partial.h"
