#include "infer/bench/limits.h"

#include <algorithm>
#include <atomic>
#include <chrono>

#include <emmintrin.h>

namespace ferry {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t kReadBytes = int64_t{512} << 20;  // far beyond every cache
constexpr int64_t kPieceBytes = 1 << 20;
constexpr int kReadRuns = 8;
constexpr int kMatrixRuns = 5;
constexpr double kMatrixSeconds = 0.05;

double seconds_of(FunctionRef<void()> work) {
  const Clock::time_point begin = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// Four loads a cache line, with the line after next two kilobytes asked for: as the kernels read weights.
uint32_t read_piece(const std::byte* piece) {
  const auto* words = reinterpret_cast<const __m128i*>(piece);
  __m128i bits = _mm_setzero_si128();
  for (int64_t i = 0; i < kPieceBytes / 16; i += 4) {
    _mm_prefetch(reinterpret_cast<const char*>(words + i + 128), _MM_HINT_T0);
    bits = _mm_or_si128(
        bits, _mm_or_si128(_mm_or_si128(words[i], words[i + 1]), _mm_or_si128(words[i + 2], words[i + 3])));
  }
  return static_cast<uint32_t>(_mm_cvtsi128_si32(bits));
}

Result<double> measure_read(ThreadPool& pool) {
  FERRY_TRY(Buffer buffer, Buffer::allocate(static_cast<size_t>(kReadBytes)));
  std::fill(buffer.data(), buffer.data() + kReadBytes, std::byte{1});
  std::atomic<uint32_t> seen = 0;  // so that nothing is left out
  double best = 0;
  for (int run = 0; run < kReadRuns; ++run) {
    const double seconds = seconds_of([&] {
      pool.parallel_for(kReadBytes / kPieceBytes, 8, [&](int64_t begin, int64_t end) {
        uint32_t bits = 0;
        for (int64_t i = begin; i < end; ++i) bits |= read_piece(buffer.data() + i * kPieceBytes);
        seen |= bits;
      });
    });
    best = std::max(best, static_cast<double>(kReadBytes) / seconds);
  }
  FERRY_CHECK(seen == 0x01010101u);
  return best;
}

double measure_matrix(const kernels::MatrixUnit& unit, ThreadPool& pool) {
  std::atomic<float> sink = 0;
  const auto run = [&](int64_t rounds) {
    return seconds_of([&] {
      pool.parallel_for(pool.size(), 1, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) sink = unit.run(rounds);
      });
    });
  };
  int64_t rounds = 1 << 12;
  while (run(rounds) < kMatrixSeconds) rounds *= 2;
  double best = 0;
  for (int i = 0; i < kMatrixRuns; ++i) {
    const double flops = unit.flops_per_round * static_cast<double>(rounds) * pool.size();
    best = std::max(best, flops / run(rounds));
  }
  return best;
}

}  // namespace

Result<MachineLimits> measure_limits(const kernels::MatrixUnit& unit, ThreadPool& pool) {
  MachineLimits limits;
  FERRY_TRY(limits.read_bytes_s, measure_read(pool));
  limits.matrix_flops_s = measure_matrix(unit, pool);
  limits.unit = unit.name;
  return limits;
}

}  // namespace ferry
