#include "infer/kernels/test_support.h"

namespace ferry::kernels {
namespace {

class Bidirectional : public testing::TestWithParam<const KernelTable*> {};
INSTANTIATE_TEST_SUITE_P(Tables, Bidirectional, testing::ValuesIn(supported_tables()), table_name);

// Sequences of these many rows, one after the other.
struct Packed {
  Packed(std::vector<int32_t> counts, int32_t head_count, int32_t dim, uint64_t seed)
      : heads(head_count), head_dim(dim) {
    int32_t rows = 0;
    for (const int32_t count : counts) {
      sequences.push_back({{}, rows, count, 0});
      rows += count;
    }
    const auto floats = static_cast<size_t>(rows * heads * head_dim);
    q = random_floats(floats, seed);
    k = random_floats(floats, seed + 1);
    v = random_floats(floats, seed + 2);
  }

  size_t row_floats() const { return static_cast<size_t>(heads * head_dim); }
  std::vector<float> attend(const KernelTable& table, int threads) const {
    return attend(table, threads, sequences);
  }
  std::vector<float> attend(const KernelTable& table, int threads,
                            std::span<const SequenceRows> which) const {
    ThreadPool pool(threads);
    std::vector<float> out(q.size(), NAN);
    const float scale = 1.0f / std::sqrt(static_cast<float>(head_dim));
    table.bidirectional_attention({.q = q.data(),
                                   .k = k.data(),
                                   .v = v.data(),
                                   .out = out.data(),
                                   .sequences = which,
                                   .heads = heads,
                                   .head_dim = head_dim,
                                   .scale = scale},
                                  pool);
    return out;
  }

  int32_t heads;
  int32_t head_dim;
  std::vector<SequenceRows> sequences;
  std::vector<float> q, k, v;  // [rows, heads, head_dim]
};

// The formula in double.
std::vector<double> expected_row(const Packed& p, const SequenceRows& sequence, int32_t row, int32_t head) {
  const auto at = [&](int32_t r) {
    return static_cast<size_t>((sequence.first_row + r) * p.heads + head) * static_cast<size_t>(p.head_dim);
  };
  const auto dims = static_cast<size_t>(p.head_dim);
  std::vector<double> weights;
  double sum = 0;
  for (int32_t t = 0; t < sequence.rows; ++t) {
    double dot = 0;
    for (size_t d = 0; d < dims; ++d) dot += double{p.q[at(row) + d]} * p.k[at(t) + d];
    weights.push_back(std::exp(dot / std::sqrt(static_cast<double>(dims))));
    sum += weights.back();
  }
  std::vector<double> out(dims);
  for (int32_t t = 0; t < sequence.rows; ++t) {
    for (size_t d = 0; d < dims; ++d) out[d] += weights[static_cast<size_t>(t)] / sum * p.v[at(t) + d];
  }
  return out;
}

TEST_P(Bidirectional, IsTheFormulaOverAllOfEachSequence) {
  for (const int32_t head_dim : {16, 24, 32, 64}) {
    const Packed p({1, 2, 15, 16, 17, 33, 100, 300}, 3, head_dim, 1);
    const std::vector<float> out = p.attend(*GetParam(), 2);
    for (const SequenceRows& sequence : p.sequences) {
      for (int32_t row = 0; row < sequence.rows; row += 7) {
        for (int32_t head = 0; head < p.heads; ++head) {
          const std::vector<double> expected = expected_row(p, sequence, row, head);
          const size_t at =
              static_cast<size_t>((sequence.first_row + row) * p.heads + head) * expected.size();
          for (size_t d = 0; d < expected.size(); ++d) {
            ASSERT_NEAR(out[at + d], expected[d], 2e-5) << sequence.rows << " rows, row " << row;
          }
        }
      }
    }
  }
}

TEST_P(Bidirectional, BitsOfASequenceDoNotDependOnItsCompanyOrTheThreads) {
  const Packed p({5, 64, 1, 257, 40}, 4, 32, 7);
  const std::vector<float> together = p.attend(*GetParam(), 3);
  for (const SequenceRows& sequence : p.sequences) {
    const std::vector<float> alone = p.attend(*GetParam(), 1, {&sequence, 1});
    const size_t at = static_cast<size_t>(sequence.first_row) * p.row_floats();
    EXPECT_TRUE(same_bits(together.data() + at, alone.data() + at,
                          static_cast<size_t>(sequence.rows) * p.row_floats()))
        << sequence.rows << " rows";
  }
}

}  // namespace
}  // namespace ferry::kernels
