// Integers on AVX2. Included by avx2.cpp inside its target region, after vec_avx2.h.
// What each function means stands in ints_sse2.h.

constexpr int kInt8Rows = 4;
constexpr bool kSignedBytes = true;

struct Ints {
  __m256i a, b;
};
struct Codes {
  __m256i a, b;
};

FERRY_INLINE Ints broadcast_int(int32_t x) {
  return {_mm256_set1_epi32(x), _mm256_set1_epi32(x)};
}
FERRY_INLINE Vec to_float(Ints x) {
  return to_float(x.a, x.b);
}
FERRY_INLINE Codes load_codes(const std::byte* p) {
  return {load_256(p), load_256(p + 32)};
}
FERRY_INLINE Codes low_nibbles(Codes x) {
  const __m256i mask = _mm256_set1_epi8(0x0F);
  return {_mm256_and_si256(x.a, mask), _mm256_and_si256(x.b, mask)};
}
FERRY_INLINE Codes high_nibbles(Codes x) {
  return low_nibbles({_mm256_srli_epi16(x.a, 4), _mm256_srli_epi16(x.b, 4)});
}
template <int kAt>
FERRY_INLINE __m256i with_crumbs(__m256i low, __m256i crumbs) {
  const __m256i moved = kAt < 4 ? _mm256_slli_epi16(crumbs, 4 - kAt) : _mm256_srli_epi16(crumbs, kAt - 4);
  return _mm256_or_si256(low, _mm256_and_si256(moved, _mm256_set1_epi8(0x30)));
}
template <int kAt>
FERRY_INLINE Codes with_crumbs(Codes low, Codes crumbs) {
  return {with_crumbs<kAt>(low.a, crumbs.a), with_crumbs<kAt>(low.b, crumbs.b)};
}

FERRY_INLINE __m256i add_pairs(__m256i sum, __m256i words) {
  return _mm256_add_epi32(sum, _mm256_madd_epi16(words, _mm256_set1_epi16(1)));
}
// Two products of at most 63 · 127 fit 16 bits.
FERRY_INLINE Ints dot(Ints sum, Codes w, Ints x) {
  return {add_pairs(sum.a, _mm256_maddubs_epi16(w.a, x.a)), add_pairs(sum.b, _mm256_maddubs_epi16(w.b, x.b))};
}
// Two of 128 · 127 still do; so the sign goes from the weight to the activation.
FERRY_INLINE __m256i dot_bytes(__m256i sum, __m256i w, __m256i x) {
  const __m256i code = _mm256_xor_si256(w, _mm256_set1_epi8(static_cast<char>(0x80)));
  return add_pairs(sum, _mm256_maddubs_epi16(_mm256_abs_epi8(code), _mm256_sign_epi8(x, code)));
}
FERRY_INLINE Ints dot_bytes(Ints sum, Codes w, Ints x) {
  return {dot_bytes(sum.a, w.a, x.a), dot_bytes(sum.b, w.b, x.b)};
}

FERRY_INLINE Vec store_codes(int8_t* out, Vec x) {
  const __m256i a = _mm256_cvtps_epi32(x.a);
  const __m256i b = _mm256_cvtps_epi32(x.b);
  const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(a, b), 0xD8);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out),
                   _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
  return to_float(a, b);
}
FERRY_INLINE Vec abs(Vec x) {
  const __m256 sign = _mm256_set1_ps(-0.0f);
  return {_mm256_andnot_ps(sign, x.a), _mm256_andnot_ps(sign, x.b)};
}
