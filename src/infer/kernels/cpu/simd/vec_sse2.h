// Vec, 16 floats, on the baseline of x86-64: four registers. Included by sse2.cpp.
//
// The kernels are written once on Vec (the other headers of this folder); each instruction set gives it the
// same meaning lane by lane, and the same order of additions in reduce_add. Only fma may round differently.

constexpr int kTileRows = 2;     // the register tile of the matrix product:
constexpr int kTilePanels = 1;   // rows times panels of 16 outputs
constexpr int kFewRows = 0;      // up to how many rows weights go from memory to the product in registers,
constexpr int kFusedRows = 1;    // by so many rows
constexpr int kFusedPanels = 1;  // times panels of 16 outputs
constexpr int kAttentionQueries = 2;  // the register tile of attention: queries times
constexpr int kAttentionVecs = 1;     // vectors of 16 positions or dimensions

struct Vec {
  __m128 a, b, c, d;
};

FERRY_INLINE Vec splat(__m128 x) {
  return {x, x, x, x};
}
FERRY_INLINE Vec zero() {
  return splat(_mm_setzero_ps());
}
FERRY_INLINE Vec broadcast(float x) {
  return splat(_mm_set1_ps(x));
}
FERRY_INLINE Vec load(const float* p) {
  return {_mm_loadu_ps(p), _mm_loadu_ps(p + 4), _mm_loadu_ps(p + 8), _mm_loadu_ps(p + 12)};
}
FERRY_INLINE void store(float* p, Vec x) {
  _mm_storeu_ps(p, x.a);
  _mm_storeu_ps(p + 4, x.b);
  _mm_storeu_ps(p + 8, x.c);
  _mm_storeu_ps(p + 12, x.d);
}

FERRY_INLINE Vec add(Vec x, Vec y) {
  return {_mm_add_ps(x.a, y.a), _mm_add_ps(x.b, y.b), _mm_add_ps(x.c, y.c), _mm_add_ps(x.d, y.d)};
}
FERRY_INLINE Vec sub(Vec x, Vec y) {
  return {_mm_sub_ps(x.a, y.a), _mm_sub_ps(x.b, y.b), _mm_sub_ps(x.c, y.c), _mm_sub_ps(x.d, y.d)};
}
FERRY_INLINE Vec mul(Vec x, Vec y) {
  return {_mm_mul_ps(x.a, y.a), _mm_mul_ps(x.b, y.b), _mm_mul_ps(x.c, y.c), _mm_mul_ps(x.d, y.d)};
}
FERRY_INLINE Vec div(Vec x, Vec y) {
  return {_mm_div_ps(x.a, y.a), _mm_div_ps(x.b, y.b), _mm_div_ps(x.c, y.c), _mm_div_ps(x.d, y.d)};
}
// Of max and min the second operand is the result when either is NaN.
FERRY_INLINE Vec max(Vec x, Vec y) {
  return {_mm_max_ps(x.a, y.a), _mm_max_ps(x.b, y.b), _mm_max_ps(x.c, y.c), _mm_max_ps(x.d, y.d)};
}
FERRY_INLINE Vec min(Vec x, Vec y) {
  return {_mm_min_ps(x.a, y.a), _mm_min_ps(x.b, y.b), _mm_min_ps(x.c, y.c), _mm_min_ps(x.d, y.d)};
}
FERRY_INLINE Vec fma(Vec x, Vec y, Vec z) {
  return add(mul(x, y), z);
}  // x * y + z, rounded once if it can be
FERRY_INLINE Vec fnma(Vec x, Vec y, Vec z) {
  return sub(z, mul(x, y));
}  // z - x * y, likewise

// x * 2^n for whole n from -253 to 255: in two steps, so that results may be subnormal or infinite.
FERRY_INLINE __m128 power_of_2(__m128i n) {
  return _mm_castsi128_ps(_mm_slli_epi32(_mm_add_epi32(n, _mm_set1_epi32(127)), 23));
}
FERRY_INLINE __m128 scale_by_power_of_2(__m128 x, __m128 n) {
  const __m128i whole = _mm_cvtps_epi32(n);
  const __m128i half = _mm_srai_epi32(whole, 1);
  return _mm_mul_ps(_mm_mul_ps(x, power_of_2(half)), power_of_2(_mm_sub_epi32(whole, half)));
}
FERRY_INLINE Vec scale_by_power_of_2(Vec x, Vec n) {
  return {scale_by_power_of_2(x.a, n.a), scale_by_power_of_2(x.b, n.b), scale_by_power_of_2(x.c, n.c),
          scale_by_power_of_2(x.d, n.d)};
}

// As f32_to_bf16 rounds.
FERRY_INLINE __m128 round_to_bf16(__m128 x) {
  const __m128i bits = _mm_castps_si128(x);
  const __m128i odd = _mm_and_si128(_mm_srli_epi32(bits, 16), _mm_set1_epi32(1));
  const __m128i rounded = _mm_add_epi32(bits, _mm_add_epi32(odd, _mm_set1_epi32(0x7FFF)));
  const __m128i quiet = _mm_or_si128(bits, _mm_set1_epi32(0x400000));
  const __m128i nan = _mm_castps_si128(_mm_cmpunord_ps(x, x));
  const __m128i chosen = _mm_or_si128(_mm_and_si128(nan, quiet), _mm_andnot_si128(nan, rounded));
  return _mm_castsi128_ps(_mm_and_si128(chosen, _mm_set1_epi32(static_cast<int>(0xFFFF0000u))));
}
FERRY_INLINE Vec round_to_bf16(Vec x) {
  return {round_to_bf16(x.a), round_to_bf16(x.b), round_to_bf16(x.c), round_to_bf16(x.d)};
}

// The halves of 16 lanes added, then of 8, of 4, of 2.
FERRY_INLINE float reduce_add(Vec x) {
  const __m128 c = _mm_add_ps(_mm_add_ps(x.a, x.c), _mm_add_ps(x.b, x.d));
  const __m128 d = _mm_add_ps(c, _mm_movehl_ps(c, c));
  return _mm_cvtss_f32(_mm_add_ss(d, _mm_shuffle_ps(d, d, 1)));
}
FERRY_INLINE float reduce_max(Vec x) {
  const __m128 c = _mm_max_ps(_mm_max_ps(x.a, x.c), _mm_max_ps(x.b, x.d));
  const __m128 d = _mm_max_ps(c, _mm_movehl_ps(c, c));
  return _mm_cvtss_f32(_mm_max_ss(d, _mm_shuffle_ps(d, d, 1)));
}

FERRY_INLINE __m128i load_128(const void* p) {
  return _mm_loadu_si128(static_cast<const __m128i*>(p));
}
FERRY_INLINE __m128 upper_16(__m128i x) {
  return _mm_castsi128_ps(_mm_and_si128(x, _mm_set1_epi32(static_cast<int>(0xFFFF0000u))));
}
FERRY_INLINE __m128 lower_16(__m128i x) {
  return _mm_castsi128_ps(_mm_slli_epi32(x, 16));
}

// 16 bf16 numbers in a row.
FERRY_INLINE Vec load(const uint16_t* bf16) {
  const __m128i none = _mm_setzero_si128();
  const __m128i x = load_128(bf16);
  const __m128i y = load_128(bf16 + 8);
  return {_mm_castsi128_ps(_mm_unpacklo_epi16(none, x)), _mm_castsi128_ps(_mm_unpackhi_epi16(none, x)),
          _mm_castsi128_ps(_mm_unpacklo_epi16(none, y)), _mm_castsi128_ps(_mm_unpackhi_epi16(none, y))};
}
// 16 pairs of bf16: each lane's first and second number.
FERRY_INLINE void load_bf16_pairs(const std::byte* p, Vec& even, Vec& odd) {
  const __m128i a = load_128(p);
  const __m128i b = load_128(p + 16);
  const __m128i c = load_128(p + 32);
  const __m128i d = load_128(p + 48);
  even = {lower_16(a), lower_16(b), lower_16(c), lower_16(d)};
  odd = {upper_16(a), upper_16(b), upper_16(c), upper_16(d)};
}

// f16's exponent and mantissa in f32's place are the number times 2^-112, subnormal or not.
FERRY_INLINE __m128 widen_f16(__m128i x) {
  const __m128i sign = _mm_slli_epi32(_mm_and_si128(x, _mm_set1_epi32(0x8000)), 16);
  const __m128i magnitude = _mm_and_si128(x, _mm_set1_epi32(0x7FFF));
  const __m128i not_finite = _mm_cmpgt_epi32(magnitude, _mm_set1_epi32(0x7BFF));
  const __m128 finite = _mm_mul_ps(_mm_castsi128_ps(_mm_slli_epi32(magnitude, 13)), _mm_set1_ps(0x1p112f));
  const __m128i exponent = _mm_and_si128(not_finite, _mm_set1_epi32(0x7F800000));
  return _mm_castsi128_ps(_mm_or_si128(_mm_or_si128(_mm_castps_si128(finite), exponent), sign));
}
FERRY_INLINE Vec load_f16(const std::byte* p) {
  const __m128i none = _mm_setzero_si128();
  const __m128i x = load_128(p);
  const __m128i y = load_128(p + 16);
  return {widen_f16(_mm_unpacklo_epi16(x, none)), widen_f16(_mm_unpackhi_epi16(x, none)),
          widen_f16(_mm_unpacklo_epi16(y, none)), widen_f16(_mm_unpackhi_epi16(y, none))};
}

// 16 small unsigned numbers, one a byte.
FERRY_INLINE Vec bytes_to_float(__m128i bytes) {
  const __m128i none = _mm_setzero_si128();
  const __m128i x = _mm_unpacklo_epi8(bytes, none);
  const __m128i y = _mm_unpackhi_epi8(bytes, none);
  return {_mm_cvtepi32_ps(_mm_unpacklo_epi16(x, none)), _mm_cvtepi32_ps(_mm_unpackhi_epi16(x, none)),
          _mm_cvtepi32_ps(_mm_unpacklo_epi16(y, none)), _mm_cvtepi32_ps(_mm_unpackhi_epi16(y, none))};
}
FERRY_INLINE Vec load_u8(const std::byte* p) {
  return bytes_to_float(load_128(p));
}
FERRY_INLINE Vec load_i8(const std::byte* p) {
  const __m128i offset = _mm_xor_si128(load_128(p), _mm_set1_epi8(static_cast<char>(0x80)));
  return sub(bytes_to_float(offset), broadcast(128.0f));
}
// Each byte's low and high four bits, 0 to 15.
FERRY_INLINE void load_nibbles(const std::byte* p, Vec& low, Vec& high) {
  const __m128i mask = _mm_set1_epi8(15);
  const __m128i bytes = load_128(p);
  low = bytes_to_float(_mm_and_si128(bytes, mask));
  high = bytes_to_float(_mm_and_si128(_mm_srli_epi16(bytes, 4), mask));
}
// Each byte's two bits at `shift` and the next two, 0 to 3.
FERRY_INLINE void load_crumbs(const std::byte* p, int shift, Vec& first, Vec& second) {
  const __m128i mask = _mm_set1_epi8(3);
  const __m128i bytes = _mm_srl_epi16(load_128(p), _mm_cvtsi32_si128(shift));
  first = bytes_to_float(_mm_and_si128(bytes, mask));
  second = bytes_to_float(_mm_and_si128(_mm_srli_epi16(bytes, 2), mask));
}

#include "infer/kernels/cpu/simd/partial.h"
