// How fast integer products can be: chains of them in registers, each waiting for itself alone.

constexpr int kInt8PeakChains = 12;
static_assert(kInt8FlopsPerRound == 2.0 * kInt8PeakChains * kLanes * 4);

inline float int8_peak_rounds(int64_t rounds) {
  alignas(64) std::byte bytes[64];
  std::memset(bytes, 3, sizeof bytes);
  const Codes codes = load_codes(bytes);
  Ints sums[kInt8PeakChains];
  for (int i = 0; i < kInt8PeakChains; ++i) sums[i] = broadcast_int(i);
  const Ints x = broadcast_int(0x01010101);
  for (int64_t round = 0; round < rounds; ++round) {
    FERRY_UNROLL
    for (int i = 0; i < kInt8PeakChains; ++i) sums[i] = dot(sums[i], codes, x);
  }
  Vec total = zero();
  for (const Ints sum : sums) total = add(total, to_float(sum));
  return reduce_add(total);
}
