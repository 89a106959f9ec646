// The numeric contract of kernels.h, bit for bit, with the widths of real models and row counts on both sides
// of every threshold of the CPU tables.

#include <algorithm>
#include <utility>

#include "infer/kernels/test_support.h"

namespace ferry::kernels {
namespace {

std::vector<const KernelTable*> fast_tables() {
  std::vector<const KernelTable*> tables = tables_with_products();
  std::erase_if(tables, [](const KernelTable* table) { return table->name == "reference"; });
  return tables;
}

class Contract : public testing::TestWithParam<const KernelTable*> {
 protected:
  PackedMatrix pack(DType dtype, Arithmetic arithmetic, int64_t outputs, int64_t inputs) {
    StoredWeight w(dtype, outputs, inputs, 5, 67);
    return must_pack(*GetParam(), w.view(), arithmetic, pool_);
  }
  ThreadPool pool_{2};
};
INSTANTIATE_TEST_SUITE_P(Tables, Contract, testing::ValuesIn(fast_tables()), table_name);

std::vector<float> rows_of(const std::vector<float>& x, int64_t first, int64_t count, int64_t inputs) {
  return {x.begin() + first * inputs, x.begin() + (first + count) * inputs};
}

// Each row of each call is what a call with that row alone gives.
void expect_rows_alone(const PackedMatrix& w, const std::vector<int64_t>& row_counts, ThreadPool& pool) {
  const int64_t most = *std::max_element(row_counts.begin(), row_counts.end());
  const std::vector<float> x = random_floats(static_cast<size_t>(most * w.inputs), 3);
  std::vector<float> alone;
  for (int64_t r = 0; r < most; ++r) {
    const std::vector<float> one = multiply(w, rows_of(x, r, 1, w.inputs), pool);
    alone.insert(alone.end(), one.begin(), one.end());
  }
  for (const int64_t rows : row_counts) {
    const std::vector<float> together = multiply(w, rows_of(x, 0, rows, w.inputs), pool);
    EXPECT_TRUE(same_bits(together.data(), alone.data(), together.size())) << rows << " rows";
  }
}

TEST_P(Contract, BitsOfARowDoNotDependOnTheNumberOfRows) {
  std::vector<int64_t> row_counts = {31, 32, 33, 64, 100};
  for (int64_t rows = 2; rows <= 17; ++rows) row_counts.push_back(rows);
  expect_rows_alone(pack(DType::bf16, Arithmetic::bf16, 512, 2048), row_counts, pool_);
}

TEST_P(Contract, BitsOfARowDoNotDependOnTheNumberOfRowsAtLargeWidths) {
  expect_rows_alone(pack(DType::bf16, Arithmetic::bf16, 2048, 2048), {2, 7, 17, 33}, pool_);
  expect_rows_alone(pack(DType::bf16, Arithmetic::bf16, 8192, 2048), {4, 13}, pool_);
  expect_rows_alone(pack(DType::bf16, Arithmetic::bf16, 2048, 8192), {3, 16}, pool_);
}

TEST_P(Contract, BitsOfARowDoNotDependOnTheNumberOfRowsForAnyDType) {
  for (const DType dtype : kAllDTypes) {
    for (const Arithmetic arithmetic : kArithmetics) {
      SCOPED_TRACE(fmt::format("{} {}", dtype_info(dtype).name, static_cast<int>(arithmetic)));
      expect_rows_alone(pack(dtype, arithmetic, 192, 2048), {2, 3, 4, 5, 6, 7, 12, 13, 16, 17, 33}, pool_);
    }
  }
}

// More rows than one pass over the weights takes.
TEST_P(Contract, BitsOfARowDoNotDependOnThePass) {
  for (const Arithmetic arithmetic : {Arithmetic::bf16, Arithmetic::int8}) {
    expect_rows_alone(pack(DType::q8_0, arithmetic, 64, 512), {191, 193, 400, 769, 1000}, pool_);
  }
}

TEST_P(Contract, BitsDoNotDependOnThreads) {
  for (const auto& [dtype, arithmetic] : {std::pair(DType::bf16, Arithmetic::bf16),
                                          {DType::q4_k, Arithmetic::bf16},
                                          {DType::q4_k, Arithmetic::int8}}) {
    const PackedMatrix w = pack(dtype, arithmetic, 1111, 2048);
    for (const int64_t rows : {1, 3, 5, 40}) {
      const std::vector<float> x = random_floats(static_cast<size_t>(rows * w.inputs), 3);
      ThreadPool one(1);
      const std::vector<float> expected = multiply(w, x, one);
      for (const int threads : {2, 3, 16}) {
        ThreadPool many(threads);
        EXPECT_TRUE(same_bits(multiply(w, x, many), expected)) << threads << " threads, " << rows << " rows";
      }
    }
  }
}

// Outputs in any number give the same bits as among more of them: padding and tails do not leak.
TEST_P(Contract, BitsOfAnOutputDoNotDependOnItsNeighbours) {
  StoredWeight all(DType::q4_0, 200, 1024, 5);
  const PackedMatrix whole = must_pack(*GetParam(), all.view(), Arithmetic::bf16, pool_);
  for (const int64_t rows : {1, 9}) {
    const std::vector<float> x = random_floats(static_cast<size_t>(rows * 1024), 3);
    const std::vector<float> expected = multiply(whole, x, pool_);
    for (const int64_t outputs : {1, 17, 63, 65, 130}) {
      TensorView view = all.view();
      view.shape = {outputs, 1024};
      view.data = all.row(200 - outputs);
      const std::vector<float> out =
          multiply(must_pack(*GetParam(), view, Arithmetic::bf16, pool_), x, pool_);
      for (int64_t r = 0; r < rows; ++r) {
        EXPECT_TRUE(same_bits(out.data() + r * outputs, expected.data() + r * 200 + 200 - outputs,
                              static_cast<size_t>(outputs)))
            << outputs << " outputs, row " << r;
      }
    }
  }
}

}  // namespace
}  // namespace ferry::kernels
