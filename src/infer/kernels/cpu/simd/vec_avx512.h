// Vec on AVX-512: one register. Included by avx512.cpp and amx.cpp inside their target regions.
// What each function means stands in vec_sse2.h.

constexpr int kTileRows = 6;
constexpr int kTilePanels = 4;
constexpr int kFewRows = 16;
constexpr int kFusedRows = 8;
constexpr int kFusedPanels = 2;
constexpr int kAttentionQueries = 4;
constexpr int kAttentionVecs = 4;

struct Vec {
  __m512 v;
};

FERRY_INLINE __mmask16 first_lanes(int n) {
  return static_cast<__mmask16>((1u << n) - 1);
}

FERRY_INLINE Vec zero() {
  return {_mm512_setzero_ps()};
}
FERRY_INLINE Vec broadcast(float x) {
  return {_mm512_set1_ps(x)};
}
FERRY_INLINE Vec load(const float* p) {
  return {_mm512_loadu_ps(p)};
}
FERRY_INLINE void store(float* p, Vec a) {
  _mm512_storeu_ps(p, a.v);
}
FERRY_INLINE Vec load_n(const float* p, int n) {
  return {_mm512_maskz_loadu_ps(first_lanes(n), p)};
}
FERRY_INLINE void store_n(float* p, Vec a, int n) {
  _mm512_mask_storeu_ps(p, first_lanes(n), a.v);
}

FERRY_INLINE Vec add(Vec a, Vec b) {
  return {_mm512_add_ps(a.v, b.v)};
}
FERRY_INLINE Vec sub(Vec a, Vec b) {
  return {_mm512_sub_ps(a.v, b.v)};
}
FERRY_INLINE Vec mul(Vec a, Vec b) {
  return {_mm512_mul_ps(a.v, b.v)};
}
FERRY_INLINE Vec div(Vec a, Vec b) {
  return {_mm512_div_ps(a.v, b.v)};
}
FERRY_INLINE Vec max(Vec a, Vec b) {
  return {_mm512_max_ps(a.v, b.v)};
}
FERRY_INLINE Vec min(Vec a, Vec b) {
  return {_mm512_min_ps(a.v, b.v)};
}
FERRY_INLINE Vec fma(Vec a, Vec b, Vec c) {
  return {_mm512_fmadd_ps(a.v, b.v, c.v)};
}
FERRY_INLINE Vec fnma(Vec a, Vec b, Vec c) {
  return {_mm512_fnmadd_ps(a.v, b.v, c.v)};
}
FERRY_INLINE Vec scale_by_power_of_2(Vec a, Vec n) {
  return {_mm512_scalef_ps(a.v, n.v)};
}

FERRY_INLINE Vec round_to_bf16(Vec a) {
  const __m512i bits = _mm512_castps_si512(a.v);
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i rounded = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7FFF)));
  const __m512i quiet = _mm512_or_si512(bits, _mm512_set1_epi32(0x400000));
  const __mmask16 nan = _mm512_cmp_ps_mask(a.v, a.v, _CMP_UNORD_Q);
  const __m512i chosen = _mm512_mask_blend_epi32(nan, rounded, quiet);
  return {_mm512_castsi512_ps(_mm512_and_si512(chosen, _mm512_set1_epi32(static_cast<int>(0xFFFF0000u))))};
}

FERRY_INLINE __m256i upper_half(__m512i a) {
  return _mm512_extracti64x4_epi64(a, 1);
}

FERRY_INLINE float reduce_add(Vec a) {
  const __m256 b =
      _mm256_add_ps(_mm512_castps512_ps256(a.v), _mm256_castsi256_ps(upper_half(_mm512_castps_si512(a.v))));
  const __m128 c = _mm_add_ps(_mm256_castps256_ps128(b), _mm256_extractf128_ps(b, 1));
  const __m128 d = _mm_add_ps(c, _mm_movehl_ps(c, c));
  return _mm_cvtss_f32(_mm_add_ss(d, _mm_movehdup_ps(d)));
}
FERRY_INLINE float reduce_max(Vec a) {
  const __m256 b =
      _mm256_max_ps(_mm512_castps512_ps256(a.v), _mm256_castsi256_ps(upper_half(_mm512_castps_si512(a.v))));
  const __m128 c = _mm_max_ps(_mm256_castps256_ps128(b), _mm256_extractf128_ps(b, 1));
  const __m128 d = _mm_max_ps(c, _mm_movehl_ps(c, c));
  return _mm_cvtss_f32(_mm_max_ss(d, _mm_movehdup_ps(d)));
}

FERRY_INLINE Vec widen_bf16(__m256i bits) {
  return {_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16))};
}
FERRY_INLINE Vec load(const uint16_t* bf16) {
  return widen_bf16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(bf16)));
}
FERRY_INLINE Vec load_n(const uint16_t* bf16, int n) {
  return widen_bf16(_mm256_maskz_loadu_epi16(first_lanes(n), bf16));
}
FERRY_INLINE void load_bf16_pairs(const std::byte* p, Vec& even, Vec& odd) {
  const __m512i pairs = _mm512_loadu_si512(p);
  even.v = _mm512_castsi512_ps(_mm512_slli_epi32(pairs, 16));
  odd.v = _mm512_castsi512_ps(_mm512_and_si512(pairs, _mm512_set1_epi32(static_cast<int>(0xFFFF0000u))));
}
FERRY_INLINE Vec load_f16(const std::byte* p) {
  return {_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)))};
}
FERRY_INLINE __m512i load_bytes(const std::byte* p) {
  return _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
FERRY_INLINE Vec load_i8(const std::byte* p) {
  return {_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))))};
}
FERRY_INLINE Vec load_u8(const std::byte* p) {
  return {_mm512_cvtepi32_ps(load_bytes(p))};
}
// A permutation looks at the low four bits of each index only, so it masks and converts in one.
FERRY_INLINE Vec low_nibble(__m512i bits) {
  const __m512 numbers = _mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return {_mm512_permutexvar_ps(bits, numbers)};
}
FERRY_INLINE void load_nibbles(const std::byte* p, Vec& low, Vec& high) {
  const __m512i bytes = load_bytes(p);
  low = low_nibble(bytes);
  high = low_nibble(_mm512_srli_epi32(bytes, 4));
}
FERRY_INLINE void load_crumbs(const std::byte* p, int shift, Vec& first, Vec& second) {
  const __m512 numbers = _mm512_setr_ps(0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3);
  const __m512i bytes = _mm512_srl_epi32(load_bytes(p), _mm_cvtsi32_si128(shift));
  first.v = _mm512_permutexvar_ps(bytes, numbers);
  second.v = _mm512_permutexvar_ps(_mm512_srli_epi32(bytes, 2), numbers);
}
