// Loads and stores of the first n < 16 numbers for instruction sets without masks. Included by vec_*.h.

FERRY_INLINE Vec load_n(const float* p, int n) {
  alignas(64) float lanes[kLanes] = {};
  std::memcpy(lanes, p, static_cast<size_t>(n) * sizeof(float));
  return load(lanes);
}
FERRY_INLINE Vec load_n(const uint16_t* bf16, int n) {
  alignas(64) uint16_t lanes[kLanes] = {};
  std::memcpy(lanes, bf16, static_cast<size_t>(n) * sizeof(uint16_t));
  return load(lanes);
}
FERRY_INLINE void store_n(float* p, Vec a, int n) {
  alignas(64) float lanes[kLanes];
  store(lanes, a);
  std::memcpy(p, lanes, static_cast<size_t>(n) * sizeof(float));
}
