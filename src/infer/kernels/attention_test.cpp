#include <algorithm>
#include <numeric>

#include "infer/kernels/test_support.h"

namespace ferry::kernels {
namespace {

class Attention : public testing::TestWithParam<const KernelTable*> {};
INSTANTIATE_TEST_SUITE_P(Tables, Attention, testing::ValuesIn(supported_tables()), table_name);

struct Geometry {
  KvType type = KvType::bf16;
  int32_t heads = 4;
  int32_t kv_heads = 2;
  int32_t head_dim = 64;
  int32_t page_tokens = 32;
  int32_t window = 0;
};

std::string describe(const Geometry& g) {
  return fmt::format("{} KV, {} heads over {}, head_dim {}, pages of {}, window {}", kv_type_name(g.type),
                     g.heads, g.kv_heads, g.head_dim, g.page_tokens, g.window);
}

// One sequence of `tokens` positions: queries, keys and values of all of them.
struct Sequence {
  Sequence(const Geometry& g, int32_t count, uint64_t seed)
      : tokens(count),
        q(random_floats(static_cast<size_t>(count * g.heads * g.head_dim), seed)),
        k(random_floats(static_cast<size_t>(count * g.kv_heads * g.head_dim), seed + 1)),
        v(random_floats(static_cast<size_t>(count * g.kv_heads * g.head_dim), seed + 2)) {}

  int32_t tokens;
  std::vector<float> q, k, v;  // [tokens, (kv_)heads, head_dim]
};

// The pages of one layer, full of NaN so that reading what nobody wrote shows.
class Cache {
 public:
  Cache(const Geometry& g, int32_t pages)
      : bytes_(static_cast<size_t>(kv_page_bytes(g.type, g.kv_heads, g.head_dim, g.page_tokens)) *
                       static_cast<size_t>(pages) +
                   64,
               std::byte{0xFF}) {
    const auto address = reinterpret_cast<uintptr_t>(bytes_.data());
    layer_ = {g.type,
              g.kv_heads,
              g.head_dim,
              g.page_tokens,
              kv_page_bytes(g.type, g.kv_heads, g.head_dim, g.page_tokens),
              bytes_.data() + (64 - address % 64) % 64};
  }
  const KvLayer& layer() const { return layer_; }

 private:
  std::vector<std::byte> bytes_;
  KvLayer layer_;
};

int32_t pages_for(const Geometry& g, int32_t tokens) {
  return (tokens + g.page_tokens - 1) / g.page_tokens;
}

// Numbers first, first + 1, ... in an order that is neither ascending nor descending.
std::vector<int32_t> shuffled_pages(int32_t count, int32_t first, uint64_t seed) {
  std::vector<int32_t> pages(static_cast<size_t>(count));
  std::iota(pages.begin(), pages.end(), first);
  Rng rng(seed);
  for (size_t i = pages.size(); i > 1; --i) std::swap(pages[i - 1], pages[rng.below(i)]);
  return pages;
}

// Rows `begin` .. `end` of the sequence in one call: stores their keys and values, then attends.
void run_rows(const KernelTable& table, const Geometry& g, const Sequence& s, const Cache& cache,
              std::span<const int32_t> pages, int32_t begin, int32_t end, std::vector<float>& out,
              ThreadPool& pool) {
  const SequenceRows rows{pages, 0, end - begin, begin};
  const size_t kv_row = static_cast<size_t>(g.kv_heads * g.head_dim);
  const size_t q_row = static_cast<size_t>(g.heads * g.head_dim);
  const auto first = static_cast<size_t>(begin);
  table.store_kv({s.k.data() + first * kv_row, s.v.data() + first * kv_row, {&rows, 1}, cache.layer()});
  const float scale = 1.0f / std::sqrt(static_cast<float>(g.head_dim));
  table.attention({s.q.data() + first * q_row,
                   out.data() + first * q_row,
                   {&rows, 1},
                   cache.layer(),
                   g.heads,
                   scale,
                   g.window},
                  pool);
}

// The whole sequence in calls that end at `ends` and at its end.
std::vector<float> run_chunks(const KernelTable& table, const Geometry& g, const Sequence& s,
                              std::vector<int32_t> ends, int threads = 2) {
  ThreadPool pool(threads);
  const int32_t count = pages_for(g, s.tokens);
  const Cache cache(g, count + 3);
  const std::vector<int32_t> pages = shuffled_pages(count, 2, 99);
  std::vector<float> out(s.q.size(), NAN);
  ends.push_back(s.tokens);
  int32_t begin = 0;
  for (const int32_t end : ends) {
    run_rows(table, g, s, cache, pages, begin, end, out, pool);
    begin = end;
  }
  return out;
}

// A head's keys or values as they are read again.
std::vector<double> stored(const Geometry& g, const float* x) {
  const KvScale scale = kv_scale(x, g.head_dim);
  std::vector<double> out;
  for (int32_t d = 0; d < g.head_dim; ++d) {
    const double code = std::nearbyint(x[d] * scale.inverse) * double{scale.scale};
    out.push_back(g.type == KvType::int8  ? code
                  : g.type == KvType::f32 ? x[d]
                                          : bf16_to_f32(f32_to_bf16(x[d])));
  }
  return out;
}

// One head of one row in double, as the definition of softmax says.
std::vector<double> exact_head(const Geometry& g, const Sequence& s, int32_t position, int32_t head) {
  const int32_t kv_head = head / (g.heads / g.kv_heads);
  const int32_t first = g.window > 0 ? std::max(0, position - g.window + 1) : 0;
  const auto dim = static_cast<size_t>(g.head_dim);
  const float* q = s.q.data() + static_cast<size_t>(position * g.heads + head) * dim;
  std::vector<double> out(dim, 0.0);
  std::vector<double> scores;
  for (int32_t t = first; t <= position; ++t) {
    const std::vector<double> k = stored(g, s.k.data() + static_cast<size_t>(t * g.kv_heads + kv_head) * dim);
    double dot = 0;
    for (size_t d = 0; d < dim; ++d) dot += q[d] * k[d];
    scores.push_back(dot / std::sqrt(static_cast<double>(g.head_dim)));
  }
  const double max = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  for (double& score : scores) sum += score = std::exp(score - max);
  for (int32_t t = first; t <= position; ++t) {
    const std::vector<double> v = stored(g, s.v.data() + static_cast<size_t>(t * g.kv_heads + kv_head) * dim);
    for (size_t d = 0; d < dim; ++d) out[d] += scores[static_cast<size_t>(t - first)] / sum * v[d];
  }
  return out;
}

// A score's error is about sqrt(head_dim)·eps of its terms' size, and exp passes it on to a weighted mean of
// values of size 1; 3e-6 leaves room. A missing position among hundreds shows as 1e-3 and more.
void expect_attention(const Geometry& g, const Sequence& s, const std::vector<float>& out) {
  const auto dim = static_cast<size_t>(g.head_dim);
  const int32_t step = s.tokens > 64 ? 13 : 1;
  for (int32_t t = s.tokens - 1; t >= 0; t -= step) {
    for (int32_t h = 0; h < g.heads; ++h) {
      const std::vector<double> exact = exact_head(g, s, t, h);
      const float* row = out.data() + static_cast<size_t>(t * g.heads + h) * dim;
      for (size_t d = 0; d < dim; ++d)
        ASSERT_NEAR(row[d], exact[d], 6e-6) << t << ", head " << h << ", dim " << d;
    }
  }
}

TEST_P(Attention, IsTheSoftmaxForEveryGeometry) {
  std::vector<Geometry> geometries;
  for (const KvType type : {KvType::f32, KvType::bf16, KvType::int8}) {
    for (const int32_t head_dim : {8, 16, 24, 32, 40, 64, 80, 96, 128, 256}) {
      geometries.push_back({.type = type, .head_dim = head_dim});
    }
    for (const int32_t heads : {1, 3, 7, 8, 20}) {
      geometries.push_back({.type = type, .heads = heads, .kv_heads = 1, .head_dim = 32});
    }
    for (const int32_t page_tokens : {1, 2, 8, 16, 64, 256}) {
      geometries.push_back({.type = type, .head_dim = 16, .page_tokens = page_tokens});
    }
    for (const int32_t window : {1, 5, 33, 64, 300}) {
      geometries.push_back({.type = type, .head_dim = 16, .window = window});
    }
  }
  for (const Geometry& g : geometries) {
    SCOPED_TRACE(describe(g));
    const bool small = g.head_dim > 16 || g.heads > 4;
    const Sequence s(g, small ? 45 : 550, 5);
    expect_attention(g, s, run_chunks(*GetParam(), g, s, {1, 20}));
  }
}

TEST_P(Attention, MergesSpansOfLongContexts) {
  const Geometry g;
  const Sequence s(g, 800, 6);
  expect_attention(g, s, run_chunks(*GetParam(), g, s, {}));
}

TEST_P(Attention, BitsDoNotDependOnChunks) {
  for (const Geometry& g :
       {Geometry{}, Geometry{.type = KvType::f32, .heads = 8, .kv_heads = 1, .head_dim = 80},
        Geometry{.heads = 2, .page_tokens = 16, .window = 40}, Geometry{.window = 300},
        Geometry{.type = KvType::int8}, Geometry{.type = KvType::int8, .head_dim = 24, .page_tokens = 8}}) {
    SCOPED_TRACE(describe(g));
    const Sequence s(g, 530, 7);
    const std::vector<float> whole = run_chunks(*GetParam(), g, s, {});
    EXPECT_TRUE(same_bits(whole, run_chunks(*GetParam(), g, s, {32, 256, 512})));
    EXPECT_TRUE(same_bits(whole, run_chunks(*GetParam(), g, s, {31, 33, 255, 257, 511, 513})));
    EXPECT_TRUE(same_bits(whole, run_chunks(*GetParam(), g, s, {1, 2, 5, 100, 300, 301, 302, 303, 304})));
    std::vector<int32_t> each(530 - 490);
    std::iota(each.begin(), each.end(), 490);
    EXPECT_TRUE(same_bits(whole, run_chunks(*GetParam(), g, s, each)));
  }
}

TEST_P(Attention, BitsDoNotDependOnThreads) {
  const Geometry g{.heads = 8, .kv_heads = 4};
  const Sequence s(g, 300, 8);
  const std::vector<float> one = run_chunks(*GetParam(), g, s, {100}, 1);
  for (const int threads : {2, 3, 16}) {
    EXPECT_TRUE(same_bits(one, run_chunks(*GetParam(), g, s, {100}, threads))) << threads;
  }
}

// Three sequences in one call: a prompt, a decode step and a prompt's second chunk.
TEST_P(Attention, BitsDoNotDependOnTheBatch) {
  const Geometry g;
  const size_t q_row = static_cast<size_t>(g.heads * g.head_dim);
  const size_t kv_row = static_cast<size_t>(g.kv_heads * g.head_dim);
  const std::vector<Sequence> sequences = {{g, 70, 10}, {g, 290, 20}, {g, 280, 30}};
  const int32_t begins[] = {0, 289, 100};
  ThreadPool pool(3);
  const Cache cache(g, 40);
  std::vector<std::vector<int32_t>> pages;
  std::vector<SequenceRows> batch;
  std::vector<float> q, k, v;
  int32_t next_page = 1;
  int32_t next_row = 0;
  for (size_t i = 0; i < sequences.size(); ++i) {
    const Sequence& s = sequences[i];
    pages.push_back(shuffled_pages(pages_for(g, s.tokens), next_page, i));
    next_page += pages_for(g, s.tokens);
    std::vector<float> scratch(s.q.size());
    if (begins[i] > 0) run_rows(*GetParam(), g, s, cache, pages[i], 0, begins[i], scratch, pool);
    const auto first = static_cast<size_t>(begins[i]);
    q.insert(q.end(), s.q.begin() + static_cast<int64_t>(first * q_row), s.q.end());
    k.insert(k.end(), s.k.begin() + static_cast<int64_t>(first * kv_row), s.k.end());
    v.insert(v.end(), s.v.begin() + static_cast<int64_t>(first * kv_row), s.v.end());
    batch.push_back({pages[i], next_row, s.tokens - begins[i], begins[i]});
    next_row += s.tokens - begins[i];
  }
  std::vector<float> out(q.size(), NAN);
  GetParam()->store_kv({k.data(), v.data(), batch, cache.layer()});
  GetParam()->attention({q.data(), out.data(), batch, cache.layer(), g.heads, 0.125f, 0}, pool);
  for (size_t i = 0; i < sequences.size(); ++i) {
    const std::vector<float> alone = run_chunks(*GetParam(), g, sequences[i], {});
    EXPECT_TRUE(same_bits(out.data() + static_cast<size_t>(batch[i].first_row) * q_row,
                          alone.data() + static_cast<size_t>(begins[i]) * q_row,
                          static_cast<size_t>(batch[i].rows) * q_row))
        << i;
  }
}

class AttentionOverTypes : public testing::TestWithParam<std::tuple<const KernelTable*, KvType>> {};
INSTANTIATE_TEST_SUITE_P(Tables, AttentionOverTypes,
                         testing::Combine(testing::ValuesIn(supported_tables()),
                                          testing::Values(KvType::f32, KvType::bf16, KvType::int8)));

TEST_P(AttentionOverTypes, NanInALaterRowDoesNotReachEarlierOnes) {
  const auto& [table, type] = GetParam();
  const Geometry g{.type = type};
  Sequence s(g, 300, 9);
  const std::vector<float> clean = run_chunks(*table, g, s, {});
  const size_t kv_row = static_cast<size_t>(g.kv_heads * g.head_dim);
  const size_t q_row = static_cast<size_t>(g.heads * g.head_dim);
  for (size_t i = 270 * kv_row; i < 271 * kv_row; ++i) s.k[i] = s.v[i] = i % 2 == 0 ? NAN : INFINITY;
  const std::vector<float> out = run_chunks(*table, g, s, {});
  EXPECT_TRUE(same_bits(out.data(), clean.data(), 270 * q_row));
  EXPECT_TRUE(std::isnan(out[270 * q_row]));
}

// Keys of nothing but zeros, and numbers that f32 holds only as subnormals.
TEST_P(AttentionOverTypes, TinyKeysAndValuesStayFinite) {
  const auto& [table, type] = GetParam();
  const Geometry g{.type = type};
  Sequence s(g, 40, 9);
  for (size_t i = 0; i < s.k.size(); ++i) {
    s.k[i] = 0;
    s.v[i] *= 1e-44f;
  }
  for (const float x : run_chunks(*table, g, s, {7})) ASSERT_LE(std::fabs(x), 1e-43f);
}

TEST_P(Attention, AScaleOfLargeScoresDoesNotOverflow) {
  const Geometry g{.heads = 1, .kv_heads = 1, .head_dim = 8};
  Sequence s(g, 300, 4);
  for (float& x : s.q) x *= 1000;
  for (const float x : run_chunks(*GetParam(), g, s, {})) ASSERT_TRUE(std::isfinite(x));
}

}  // namespace
}  // namespace ferry::kernels
