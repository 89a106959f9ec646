// e^x, at most 1.1 ulp off where the result is normal (tried for all such x, with and without fma); beyond
// that subnormal, zero, infinity and NaN as they should be.
//
// x = n ln 2 + r with ln 2 in two parts (Cody and Waite, 1980), |r| <= ln 2 / 2; e^r by the polynomial of
// Cephes' expf. The result depends on x alone, not on the lane.
FERRY_INLINE Vec exp(Vec x) {
  // Beyond these the result is 0 or infinity. NaN passes both: it is the second operand.
  x = min(broadcast(89.0f), max(broadcast(-106.0f), x));
  const Vec to_whole = broadcast(0x1.8p23f);  // a sum with it has no place for a fraction
  const Vec n = sub(fma(x, broadcast(1.44269504088896341f), to_whole), to_whole);
  Vec r = fnma(n, broadcast(0.693359375f), x);
  r = fnma(n, broadcast(-2.12194440e-4f), r);
  Vec p = broadcast(1.9875691500e-4f);
  p = fma(p, r, broadcast(1.3981999507e-3f));
  p = fma(p, r, broadcast(8.3334519073e-3f));
  p = fma(p, r, broadcast(4.1665795894e-2f));
  p = fma(p, r, broadcast(1.6666665459e-1f));
  p = fma(p, r, broadcast(5.0000001201e-1f));
  p = add(fma(p, mul(r, r), r), broadcast(1.0f));
  return scale_by_power_of_2(p, n);
}

// n = 16 or the last few: a tail is computed as any other part is.
FERRY_INLINE Vec load_some(const float* p, int n) {
  return n == kLanes ? load(p) : load_n(p, n);
}
FERRY_INLINE Vec load_some(const uint16_t* p, int n) {
  return n == kLanes ? load(p) : load_n(p, n);
}
FERRY_INLINE Vec load_some(const int8_t* codes, int n) {
  if (n == kLanes) return load_i8(reinterpret_cast<const std::byte*>(codes));
  alignas(16) std::byte lanes[kLanes] = {};
  std::memcpy(lanes, codes, static_cast<size_t>(n));
  return load_i8(lanes);
}
FERRY_INLINE void store_some(float* p, Vec v, int n) {
  n == kLanes ? store(p, v) : store_n(p, v, n);
}
