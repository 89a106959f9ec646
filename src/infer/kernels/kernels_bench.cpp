// The matrix product and attention beside the machine's limits, measured in the same run: a number means
// something only as a share of what the machine gives at that moment.
//
//   infer_kernels_bench --benchmark_filter='Limit|avx512/Q8_0'
//
// FERRY_BENCH_THREADS sets the threads (all usable cores otherwise). With one thread, rates are per second of
// processor time, which other programs on the machine disturb less than the clock.

#include <cstdlib>
#include <map>
#include <memory>
#include <tuple>

#include <benchmark/benchmark.h>
#include <immintrin.h>

#include "base/core/cpu_quota.h"
#include "base/core/rng.h"
#include "infer/kernels/kernels.h"
#include "infer/tensor/blocks.h"
#include "infer/tensor/half.h"

namespace ferry::kernels {
namespace {

int thread_count() {
  const char* text = std::getenv("FERRY_BENCH_THREADS");
  return text != nullptr ? std::max(1, std::atoi(text)) : usable_cores();
}

ThreadPool& pool() {
  static ThreadPool threads(thread_count());
  return threads;
}

template <class... Args>
benchmark::internal::Benchmark* register_one(const std::string& name, Args&&... args) {
  auto* one = benchmark::RegisterBenchmark(name.c_str(), std::forward<Args>(args)...);
  return thread_count() > 1 ? one->UseRealTime() : one;
}

void limit_matrix(benchmark::State& state, const KernelTable* table) {
  constexpr int64_t kRounds = 1 << 20;
  for (auto _ : state) {
    pool().parallel_for(pool().size(), 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) benchmark::DoNotOptimize(table->unit.run(kRounds));
    });
  }
  state.counters["GFLOP/s"] = benchmark::Counter(1e-9 * table->unit.flops_per_round * kRounds * pool().size(),
                                                 benchmark::Counter::kIsIterationInvariantRate);
}

void limit_read(benchmark::State& state) {
  constexpr int64_t kBytes = int64_t{1} << 30;
  constexpr int64_t kPiece = 256 << 10;
  static Buffer buffer = Buffer::allocate(kBytes).value();
  pool().parallel_for(kBytes / kPiece, 16, [&](int64_t begin, int64_t end) {
    std::fill(buffer.data() + begin * kPiece, buffer.data() + end * kPiece, std::byte{1});
  });
  for (auto _ : state) {
    pool().parallel_for(kBytes / kPiece, 1, [&](int64_t begin, int64_t end) {
      const auto* words = reinterpret_cast<const __m128i*>(buffer.data());
      __m128i bits = _mm_setzero_si128();
      for (int64_t i = begin * kPiece / 16; i < end * kPiece / 16; i += 4) {
        _mm_prefetch(words + i + 192, _MM_HINT_T0);
        bits = _mm_or_si128(bits, _mm_or_si128(_mm_or_si128(words[i], words[i + 1]),
                                               _mm_or_si128(words[i + 2], words[i + 3])));
      }
      benchmark::DoNotOptimize(bits);
    });
  }
  state.counters["GB/s"] = benchmark::Counter(1e-9 * kBytes, benchmark::Counter::kIsIterationInvariantRate);
}

std::vector<float> random_floats(int64_t count, float scale) {
  Rng rng(1);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = (static_cast<float>(rng.uniform()) - 0.5f) * scale;
  return values;
}

// A weight as stored. The formats that cannot be quantised to hold random codes with small scales.
std::vector<std::byte> random_weight(DType dtype, int64_t outputs, int64_t inputs) {
  const DTypeInfo info = dtype_info(dtype);
  const int64_t row_bytes = inputs / info.elements * info.bytes;
  std::vector<std::byte> bytes(static_cast<size_t>(outputs * row_bytes));
  if (can_quantize(dtype)) {
    const std::vector<float> row = random_floats(inputs, 0.1f);
    for (int64_t n = 0; n < outputs; ++n)
      quantize_row(dtype, row.data(), inputs, bytes.data() + n * row_bytes);
    return bytes;
  }
  std::fill(bytes.begin(), bytes.end(), std::byte{0x11});  // also as an f16: 6.5e-4
  return bytes;
}

// Enough copies of one weight that each is gone from the caches when its turn comes again.
struct Weights {
  static constexpr int64_t kOutputs = 8192;
  static constexpr int64_t kInputs = 2048;
  static constexpr int kCopies = 8;
  std::vector<PackedMatrix> copies;

  Weights(const KernelTable& table, DType dtype, Arithmetic arithmetic) {
    const std::vector<std::byte> stored = random_weight(dtype, kOutputs, kInputs);
    for (int i = 0; i < kCopies; ++i) {
      copies.push_back(table.pack({dtype, {kOutputs, kInputs}, stored.data()}, arithmetic, pool()).value());
    }
  }
  static const Weights& get(const KernelTable& table, DType dtype, Arithmetic arithmetic) {
    static std::map<std::tuple<const KernelTable*, DType, Arithmetic>, std::unique_ptr<Weights>> all;
    if (!all.contains({&table, dtype, arithmetic})) all.clear();  // one at a time in memory
    auto& weights = all[{&table, dtype, arithmetic}];
    if (!weights) weights = std::make_unique<Weights>(table, dtype, arithmetic);
    return *weights;
  }
};

void multiply(benchmark::State& state, const KernelTable* table, DType dtype, Arithmetic arithmetic) {
  const int64_t rows = state.range(0);
  const Weights& weights = Weights::get(*table, dtype, arithmetic);
  const std::vector<float> x = random_floats(rows * Weights::kInputs, 2.0f);
  std::vector<float> out(static_cast<size_t>(rows * Weights::kOutputs));
  size_t copy = 0;
  for (auto _ : state) {
    table->matmul(weights.copies[copy++ % Weights::kCopies], x.data(), rows, out.data(), pool());
    benchmark::ClobberMemory();
  }
  constexpr auto kRate = benchmark::Counter::kIsIterationInvariantRate;
  const double products = static_cast<double>(Weights::kOutputs * Weights::kInputs);
  state.counters["GB/s"] =
      benchmark::Counter(1e-9 * static_cast<double>(weights.copies[0].data.size()), kRate);
  state.counters["GFLOP/s"] = benchmark::Counter(2e-9 * products * static_cast<double>(rows), kRate);
}

// One token each for 8 sequences of `context` positions: 32 query heads of 64 over 8.
void decode_attention(benchmark::State& state, const KernelTable* table) {
  constexpr int32_t kSequences = 8;
  constexpr int32_t kPageTokens = 32;
  const auto context = static_cast<int32_t>(state.range(0));
  const int32_t pages_each = context / kPageTokens;
  const int64_t page_bytes = kv_page_bytes(KvType::bf16, 8, 64, kPageTokens);
  const int64_t bytes = page_bytes * pages_each * kSequences;
  const int layers = static_cast<int>(std::max<int64_t>(1, (int64_t{128} << 20) / bytes));
  Buffer buffer = Buffer::allocate(static_cast<size_t>(bytes * layers)).value();
  std::fill(buffer.as<uint16_t>(), buffer.as<uint16_t>() + bytes * layers / 2, f32_to_bf16(0.01f));
  std::vector<std::vector<int32_t>> pages(kSequences);
  std::vector<SequenceRows> batch;
  for (int32_t s = 0; s < kSequences; ++s) {
    for (int32_t p = 0; p < pages_each; ++p) pages[static_cast<size_t>(s)].push_back(p * kSequences + s);
    batch.push_back({pages[static_cast<size_t>(s)], s, 1, context - 1});
  }
  const std::vector<float> q = random_floats(int64_t{kSequences} * 32 * 64, 1.0f);
  std::vector<float> out(q.size());
  int layer = 0;
  for (auto _ : state) {
    const KvLayer kv{KvType::bf16, 8, 64, kPageTokens, page_bytes, buffer.data() + layer++ % layers * bytes};
    table->attention({q.data(), out.data(), batch, kv, 32, 0.125f, 0}, pool());
    benchmark::ClobberMemory();
  }
  state.counters["GB/s"] =
      benchmark::Counter(1e-9 * static_cast<double>(bytes), benchmark::Counter::kIsIterationInvariantRate);
}

// A prompt of `tokens` positions at once.
void prefill_attention(benchmark::State& state, const KernelTable* table) {
  const auto tokens = static_cast<int32_t>(state.range(0));
  const int64_t page_bytes = kv_page_bytes(KvType::bf16, 8, 64, 32);
  Buffer buffer = Buffer::allocate(static_cast<size_t>(page_bytes * tokens / 32)).value();
  std::fill(buffer.as<uint16_t>(), buffer.as<uint16_t>() + buffer.size() / 2, f32_to_bf16(0.01f));
  std::vector<int32_t> pages;
  for (int32_t p = 0; p < tokens / 32; ++p) pages.push_back(p);
  const SequenceRows rows{pages, 0, tokens, 0};
  const std::vector<float> q = random_floats(int64_t{tokens} * 32 * 64, 1.0f);
  std::vector<float> out(q.size());
  for (auto _ : state) {
    const KvLayer kv{KvType::bf16, 8, 64, 32, page_bytes, buffer.data()};
    table->attention({q.data(), out.data(), {&rows, 1}, kv, 32, 0.125f, 0}, pool());
    benchmark::ClobberMemory();
  }
  const double pairs = 0.5 * tokens * (tokens + 1.0);
  state.counters["GFLOP/s"] =
      benchmark::Counter(1e-9 * pairs * 32 * 64 * 4, benchmark::Counter::kIsIterationInvariantRate);
}

// `sequences` texts of `tokens` each through an encoder's attention: 12 heads of 32.
void encoder_attention(benchmark::State& state, const KernelTable* table) {
  const auto tokens = static_cast<int32_t>(state.range(0));
  const int32_t count = 512 / tokens;
  std::vector<SequenceRows> sequences;
  for (int32_t i = 0; i < count; ++i) sequences.push_back({{}, i * tokens, tokens, 0});
  const std::vector<float> x = random_floats(int64_t{512} * 12 * 32, 1.0f);
  std::vector<float> out(x.size());
  for (auto _ : state) {
    table->bidirectional_attention(
        {x.data(), x.data(), x.data(), out.data(), sequences, 12, 32, 0.176776695f}, pool());
    benchmark::ClobberMemory();
  }
  const double pairs = static_cast<double>(count) * tokens * tokens;
  state.counters["GFLOP/s"] =
      benchmark::Counter(1e-9 * pairs * 12 * 32 * 4, benchmark::Counter::kIsIterationInvariantRate);
}

void encoder_elementwise(benchmark::State& state, const KernelTable* table) {
  std::vector<float> x = random_floats(int64_t{512} * 1536, 1.0f);
  std::vector<float> out(x.size());
  const bool norm = state.range(0) != 0;
  for (auto _ : state) {
    if (norm) {
      table->layer_norm(x.data(), x.data(), x.data(), 1e-12f, 2048, 384, out.data());
    } else {
      table->gelu(x.data(), static_cast<int64_t>(x.size()), out.data());
    }
    benchmark::ClobberMemory();
  }
  state.counters["numbers/s"] =
      benchmark::Counter(static_cast<double>(x.size()), benchmark::Counter::kIsIterationInvariantRate);
}

void register_product(const KernelTable& table, DType dtype, Arithmetic arithmetic) {
  const std::string name = fmt::format("{}/{}{}", table.name, dtype_info(dtype).name,
                                       arithmetic == Arithmetic::int8 ? "/int8" : "");
  auto* one = register_one(name, multiply, &table, dtype, arithmetic);
  for (const int64_t rows : {1, 4, 8, 16, 32, 128, 512}) one->Arg(rows);
}

void register_all() {
  register_one("Limit/read", limit_read);
  for (const KernelTable* table : all_tables()) {
    if (!table->supported() || table->name == "reference") continue;
    register_one(fmt::format("Limit/{}", table->name), limit_matrix, table);
    for (const DType dtype : {DType::f32, DType::bf16, DType::q8_0, DType::q4_0, DType::q4_k, DType::q6_k}) {
      register_product(*table, dtype, Arithmetic::bf16);
      if (dtype_info(dtype).elements > 1) register_product(*table, dtype, Arithmetic::int8);
    }
    register_one(fmt::format("{}/attention_decode", table->name), decode_attention, table)
        ->Arg(256)
        ->Arg(4096);
    register_one(fmt::format("{}/attention_prefill", table->name), prefill_attention, table)
        ->Arg(512)
        ->Arg(2048);
    register_one(fmt::format("{}/attention_encoder", table->name), encoder_attention, table)
        ->Arg(16)
        ->Arg(64)
        ->Arg(512);
    register_one(fmt::format("{}/gelu0_layer_norm1", table->name), encoder_elementwise, table)
        ->Arg(0)
        ->Arg(1);
  }
}

[[maybe_unused]] const bool kRegistered = (register_all(), true);

}  // namespace
}  // namespace ferry::kernels
