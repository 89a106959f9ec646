// Integers on AVX-512 VNNI. Included by vnni.cpp inside its target region, after vec_avx512.h.
// What each function means stands in ints_sse2.h.

#if FERRY_SANITIZED
constexpr int kInt8Rows = 3;  // what is unrolled takes the compiler minutes when every access is checked
#else
constexpr int kInt8Rows = 8;
#endif
constexpr bool kSignedBytes = false;

struct Ints {
  __m512i v;
};
struct Codes {
  __m512i v;
};

FERRY_INLINE Ints broadcast_int(int32_t x) {
  return {_mm512_set1_epi32(x)};
}
FERRY_INLINE Vec to_float(Ints a) {
  return {_mm512_cvtepi32_ps(a.v)};
}
FERRY_INLINE Codes load_codes(const std::byte* p) {
  return {_mm512_loadu_si512(p)};
}
FERRY_INLINE Codes low_nibbles(Codes a) {
  return {_mm512_and_si512(a.v, _mm512_set1_epi8(0x0F))};
}
FERRY_INLINE Codes high_nibbles(Codes a) {
  return {_mm512_and_si512(_mm512_srli_epi16(a.v, 4), _mm512_set1_epi8(0x0F))};
}
template <int kAt>
FERRY_INLINE Codes with_crumbs(Codes low, Codes crumbs) {
  constexpr int kOr = 0xEA;  // (a & b) | c
  const __m512i moved = kAt < 4 ? _mm512_slli_epi16(crumbs.v, 4 - kAt) : _mm512_srli_epi16(crumbs.v, kAt - 4);
  return {_mm512_ternarylogic_epi32(moved, _mm512_set1_epi8(0x30), low.v, kOr)};
}

FERRY_INLINE Ints dot(Ints sum, Codes w, Ints x) {
  return {_mm512_dpbusd_epi32(sum.v, w.v, x.v)};
}
FERRY_INLINE Ints dot_bytes(Ints sum, Codes w, Ints x) {
  return dot(sum, w, x);
}

FERRY_INLINE Vec store_codes(int8_t* out, Vec x) {
  const __m512i whole = _mm512_cvtps_epi32(x.v);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm512_cvtsepi32_epi8(whole));
  return {_mm512_cvtepi32_ps(whole)};
}
FERRY_INLINE Vec abs(Vec x) {
  return {_mm512_abs_ps(x.v)};
}
