// How fast the table's multiply-adds can be: chains of them in registers, with numbers of their own so that
// the compiler keeps them all. kPeakChains is the table's: enough to hide the latency, few enough for the
// registers.

constexpr double kPeakFlopsPerRound = 2.0 * kPeakChains * kLanes;

inline float peak_rounds(int64_t rounds) {
  Vec sums[kPeakChains];
  for (int i = 0; i < kPeakChains; ++i) sums[i] = broadcast(static_cast<float>(i));
  const Vec x = broadcast(0.999f);
  for (int64_t round = 0; round < rounds; ++round) {
    FERRY_UNROLL
    for (int i = 0; i < kPeakChains; ++i) sums[i] = fma(x, sums[i], x);
  }
  for (int i = 1; i < kPeakChains; ++i) sums[0] = add(sums[0], sums[i]);
  return reduce_add(sums[0]);
}
