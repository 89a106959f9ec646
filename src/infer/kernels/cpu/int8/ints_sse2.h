// Integers on the baseline of x86-64: 16 outputs in four registers. Included by sse2.cpp after vec_sse2.h.
//
// The product is written once on these (matmul.h); all instruction sets give them the same meaning.

constexpr int kInt8Rows = 1;  // the register tile, times two panels, or one where a format has two sums
// dot_bytes takes codes as signed (less 128): no start is needed to make up for it.
constexpr bool kSignedBytes = true;

struct Quarters {
  __m128i q[4];
};
// [16 outputs] int32, or four activations of int8 in each.
struct Ints : Quarters {};
// [16 outputs][4 inputs] bytes.
struct Codes : Quarters {};

FERRY_INLINE Ints broadcast_int(int32_t x) {
  const __m128i v = _mm_set1_epi32(x);
  return {{v, v, v, v}};
}
FERRY_INLINE Vec to_float(Ints x) {
  return {_mm_cvtepi32_ps(x.q[0]), _mm_cvtepi32_ps(x.q[1]), _mm_cvtepi32_ps(x.q[2]), _mm_cvtepi32_ps(x.q[3])};
}
FERRY_INLINE Codes load_codes(const std::byte* p) {
  Codes codes;
  FERRY_UNROLL
  for (int i = 0; i < 4; ++i) codes.q[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16 * i));
  return codes;
}
FERRY_INLINE Codes low_nibbles(Codes x) {
  FERRY_UNROLL
  for (int i = 0; i < 4; ++i) x.q[i] = _mm_and_si128(x.q[i], _mm_set1_epi8(0x0F));
  return x;
}
FERRY_INLINE Codes high_nibbles(Codes x) {
  FERRY_UNROLL
  for (int i = 0; i < 4; ++i) x.q[i] = _mm_srli_epi16(x.q[i], 4);
  return low_nibbles(x);
}
// Puts the two bits at kAt of each byte of `crumbs` above the four of `low`.
template <int kAt>
FERRY_INLINE Codes with_crumbs(Codes low, Codes crumbs) {
  FERRY_UNROLL
  for (int i = 0; i < 4; ++i) {
    const __m128i x = crumbs.q[i];
    const __m128i moved = kAt < 4 ? _mm_slli_epi16(x, 4 - kAt) : _mm_srli_epi16(x, kAt - 4);
    low.q[i] = _mm_or_si128(low.q[i], _mm_and_si128(moved, _mm_set1_epi8(0x30)));
  }
  return low;
}

// Adds to each output the products of its four codes, 0 to 63 (dot_bytes: 0 to 255), with four activations
// between -127 and 127.
FERRY_INLINE __m128i signs(__m128i bytes) {
  return _mm_cmpgt_epi8(_mm_setzero_si128(), bytes);
}
FERRY_INLINE Ints dot_words(Ints sum, Codes low, Codes high, Ints x) {
  const __m128i x_signs = signs(x.q[0]);
  const __m128i words = _mm_unpacklo_epi8(x.q[0], x_signs);  // all quarters are the same four activations
  FERRY_UNROLL
  for (int i = 0; i < 4; ++i) {
    const __m128 a = _mm_castsi128_ps(_mm_madd_epi16(low.q[i], words));
    const __m128 b = _mm_castsi128_ps(_mm_madd_epi16(high.q[i], words));
    const __m128i even = _mm_castps_si128(_mm_shuffle_ps(a, b, 0x88));
    const __m128i odd = _mm_castps_si128(_mm_shuffle_ps(a, b, 0xDD));
    sum.q[i] = _mm_add_epi32(sum.q[i], _mm_add_epi32(even, odd));
  }
  return sum;
}
FERRY_INLINE Ints dot(Ints sum, Codes w, Ints x) {
  Codes low, high;
  FERRY_UNROLL
  for (int i = 0; i < 4; ++i) {
    low.q[i] = _mm_unpacklo_epi8(w.q[i], _mm_setzero_si128());
    high.q[i] = _mm_unpackhi_epi8(w.q[i], _mm_setzero_si128());
  }
  return dot_words(sum, low, high, x);
}
FERRY_INLINE Ints dot_bytes(Ints sum, Codes w, Ints x) {
  Codes low, high;
  FERRY_UNROLL
  for (int i = 0; i < 4; ++i) {
    const __m128i code = _mm_xor_si128(w.q[i], _mm_set1_epi8(static_cast<char>(0x80)));
    low.q[i] = _mm_unpacklo_epi8(code, signs(code));
    high.q[i] = _mm_unpackhi_epi8(code, signs(code));
  }
  return dot_words(sum, low, high, x);
}

// Rounds to whole numbers, ties to even; writes them as bytes and returns them.
FERRY_INLINE Vec store_codes(int8_t* out, Vec x) {
  const __m128i a = _mm_cvtps_epi32(x.a);
  const __m128i b = _mm_cvtps_epi32(x.b);
  const __m128i c = _mm_cvtps_epi32(x.c);
  const __m128i d = _mm_cvtps_epi32(x.d);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out),
                   _mm_packs_epi16(_mm_packs_epi32(a, b), _mm_packs_epi32(c, d)));
  return {_mm_cvtepi32_ps(a), _mm_cvtepi32_ps(b), _mm_cvtepi32_ps(c), _mm_cvtepi32_ps(d)};
}
FERRY_INLINE Vec abs(Vec x) {
  const __m128 sign = _mm_set1_ps(-0.0f);
  return {_mm_andnot_ps(sign, x.a), _mm_andnot_ps(sign, x.b), _mm_andnot_ps(sign, x.c),
          _mm_andnot_ps(sign, x.d)};
}
