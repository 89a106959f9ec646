#include <algorithm>
#include <array>
#include <numeric>

#include "infer/kernels/int8_activations.h"
#include "infer/kernels/test_support.h"

namespace ferry::kernels {
namespace {

class Matmul : public testing::TestWithParam<const KernelTable*> {};
INSTANTIATE_TEST_SUITE_P(Tables, Matmul, testing::ValuesIn(tables_with_products()), table_name);

struct Dimensions {
  int64_t outputs;
  int64_t inputs;
};

std::string describe(DType dtype, Arithmetic arithmetic, Dimensions d, int64_t rows) {
  return fmt::format("{} {} [{}, {}], {} rows", dtype_info(dtype).name, arithmetic_name(arithmetic),
                     d.outputs, d.inputs, rows);
}

// As the arithmetic multiplies with them.
void round_as(const PackedMatrix& packed, std::vector<float>& x) {
  if (packed.arithmetic == Arithmetic::f32) return;
  if (!multiplies_integers(packed)) {
    for (float& value : x) value = bf16_to_f32(f32_to_bf16(value));
    return;
  }
  for (size_t i = 0; i < x.size(); i += kInt8Inputs) {
    float largest = 0;
    for (size_t k = i; k < i + kInt8Inputs; ++k) largest = std::max(largest, std::fabs(x[k]));
    const Int8Scale scale = Int8Scale::of(largest);
    for (size_t k = i; k < i + kInt8Inputs; ++k) x[k] = std::nearbyint(x[k] * scale.inverse) * scale.scale;
  }
}

// Against sums in double of exactly the numbers that the arithmetic defines. Rounding errors of k f32
// additions behave like a random walk (Higham and Mary, 2019): eps·sqrt(k)·Σ|x·w|, with room for 4 sigma.
// Leaving out one rounding to bf16, or one product, is far outside.
void expect_product(const std::vector<float>& out, StoredWeight& w, std::vector<float> x,
                    const PackedMatrix& packed) {
  const std::vector<float> weights = w.values(packed);
  const size_t inputs = static_cast<size_t>(w.view().shape.back());
  const size_t outputs = static_cast<size_t>(w.view().rows());
  round_as(packed, x);
  for (size_t r = 0; r < x.size() / inputs; ++r) {
    for (size_t n = 0; n < outputs; ++n) {
      double sum = 0;
      double magnitude = 0;
      for (size_t k = 0; k < inputs; ++k) {
        const double product = double{x[r * inputs + k]} * weights[n * inputs + k];
        sum += product;
        magnitude += std::fabs(product);
      }
      const double tolerance = 0x1p-24 * 4 * std::sqrt(static_cast<double>(inputs)) * magnitude / 2 + 1e-37;
      ASSERT_NEAR(out[r * outputs + n], sum, tolerance) << "row " << r << ", output " << n;
    }
  }
}

void check_dimensions(const KernelTable& table, DType dtype, Arithmetic arithmetic, Dimensions d,
                      int64_t rows, ThreadPool& pool) {
  SCOPED_TRACE(describe(dtype, arithmetic, d, rows));
  StoredWeight w(dtype, d.outputs, d.inputs, 7);
  const PackedMatrix packed = must_pack(table, w.view(), arithmetic, pool);
  EXPECT_EQ(packed.table, &table);
  EXPECT_EQ(packed.outputs, d.outputs);
  EXPECT_EQ(packed.inputs, d.inputs);
  const std::vector<float> x = random_floats(static_cast<size_t>(rows * d.inputs), 11);
  expect_product(multiply(packed, x, pool), w, x, packed);
}

TEST_P(Matmul, IsTheProductForEveryDTypeAndOddShapes) {
  ThreadPool pool(2);
  for (const DType dtype : kAllDTypes) {
    const int64_t block = dtype_info(dtype).elements;
    for (const Arithmetic arithmetic : kArithmetics) {
      for (const int64_t outputs : {1, 15, 16, 17, 33, 100}) {
        check_dimensions(*GetParam(), dtype, arithmetic, {outputs, 3 * block}, 3, pool);
        check_dimensions(*GetParam(), dtype, arithmetic, {outputs, block}, 29, pool);
      }
    }
  }
}

TEST_P(Matmul, IsTheProductForOddWidths) {
  ThreadPool pool(2);
  for (const DType dtype : {DType::f32, DType::f16, DType::bf16}) {
    for (const Arithmetic arithmetic : kArithmetics) {
      for (const int64_t inputs : {1, 2, 7, 31, 33, 63, 80, 255, 257, 511, 770}) {
        check_dimensions(*GetParam(), dtype, arithmetic, {19, inputs}, 2, pool);
        check_dimensions(*GetParam(), dtype, arithmetic, {19, inputs}, 13, pool);
      }
    }
  }
}

TEST_P(Matmul, TakesInputsOf100Thousand) {
  ThreadPool pool(2);
  check_dimensions(*GetParam(), DType::bf16, Arithmetic::bf16, {5, 100'003}, 2, pool);
  check_dimensions(*GetParam(), DType::q4_0, Arithmetic::bf16, {5, 100'000}, 9, pool);
}

TEST_P(Matmul, GatherIsTheRowOfEveryDType) {
  ThreadPool pool(2);
  const std::vector<int32_t> ids = {0, 36, 16, 15, 36};
  for (const DType dtype : kAllDTypes) {
    for (const Arithmetic arithmetic : kArithmetics) {
      SCOPED_TRACE(describe(dtype, arithmetic, {37, 512}, 1));
      StoredWeight w(dtype, 37, 512, 3);
      const PackedMatrix packed = must_pack(*GetParam(), w.view(), arithmetic, pool);
      std::vector<float> rows(ids.size() * 512, NAN);
      GetParam()->gather(packed, ids, rows.data());
      const std::vector<float> values = w.values(packed);
      for (size_t i = 0; i < ids.size(); ++i) {
        for (size_t k = 0; k < 512; ++k) {
          ASSERT_EQ(rows[i * 512 + k], values[static_cast<size_t>(ids[i]) * 512 + k])
              << "id " << ids[i] << ", k " << k;
        }
      }
    }
  }
}

// Enough random weights for the rare ones whose rounding to bf16 is easy to get wrong: ties, and those just
// below a power of two.
TEST_P(Matmul, GatherRoundsEveryWeightAsDefined) {
  ThreadPool pool(2);
  for (const DType dtype : {DType::q8_0, DType::q4_0, DType::q4_k, DType::q6_k}) {
    SCOPED_TRACE(dtype_info(dtype).name);
    StoredWeight w(dtype, 64, 8192, 21);
    const PackedMatrix packed = must_pack(*GetParam(), w.view(), Arithmetic::bf16, pool);
    std::vector<int32_t> ids(64);
    std::iota(ids.begin(), ids.end(), 0);
    std::vector<float> rows(64 * 8192);
    GetParam()->gather(packed, ids, rows.data());
    const std::vector<float> values = w.values(packed);
    for (size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(rows[i], values[i]) << i;
  }
}

// One in millions of Q4_K's weights has all 24 bits and lies just below a power of two, where shortcuts that
// round the other formats fail: 54 · 15 · d - 3 · dmin = 0x1.fffef6p+0, which is 2 in bf16.
TEST_P(Matmul, GatherRoundsTheHardestWeightOfQ4K) {
  constexpr int kScale = 54;
  constexpr int kMin = 3;
  std::array<uint8_t, 144> block;
  const uint16_t d = f32_to_f16(0x1.43cp-9f);
  const uint16_t dmin = f32_to_f16(0x1.fdcp-13f);
  std::memcpy(block.data(), &d, 2);
  std::memcpy(block.data() + 2, &dmin, 2);
  for (size_t j = 0; j < 4; ++j) {  // all eight scales and mins alike
    block[4 + j] = kScale | kScale >> 4 << 6;
    block[8 + j] = kMin | kMin >> 4 << 6;
    block[12 + j] = (kScale & 15) | (kMin & 15) << 4;
  }
  std::fill(block.begin() + 16, block.end(), 0xFF);  // all codes 15
  ThreadPool pool(1);
  const TensorView view{DType::q4_k, {1, 256}, reinterpret_cast<const std::byte*>(block.data())};
  constexpr float kExact = 0x1.fffef6p+0f;
  for (const auto& [arithmetic, expected] :
       {std::pair(Arithmetic::f32, kExact), {Arithmetic::bf16, GetParam()->exact_codes ? kExact : 2.0f}}) {
    const PackedMatrix packed = must_pack(*GetParam(), view, arithmetic, pool);
    std::array<float, 256> row;
    GetParam()->gather(packed, std::array{0}, row.data());
    for (const float weight : row) ASSERT_EQ(weight, expected);
  }
}

TEST_P(Matmul, GatherEqualsMultiplyingUnitVectors) {
  ThreadPool pool(2);
  for (const DType dtype : kAllDTypes) {
    for (const Arithmetic arithmetic : {Arithmetic::f32, Arithmetic::bf16}) {
      SCOPED_TRACE(describe(dtype, arithmetic, {20, 256}, 256));
      StoredWeight w(dtype, 20, 256, 5);
      const PackedMatrix packed = must_pack(*GetParam(), w.view(), arithmetic, pool);
      std::vector<float> unit(256 * 256, 0.0f);
      for (size_t k = 0; k < 256; ++k) unit[k * 257] = 1.0f;
      const std::vector<float> columns = multiply(packed, unit, pool);
      std::vector<int32_t> ids(20);
      std::iota(ids.begin(), ids.end(), 0);
      std::vector<float> rows(20 * 256);
      GetParam()->gather(packed, ids, rows.data());
      for (size_t n = 0; n < 20; ++n) {
        for (size_t k = 0; k < 256; ++k) ASSERT_EQ(columns[k * 20 + n], rows[n * 256 + k]) << n << " " << k;
      }
    }
  }
}

TEST_P(Matmul, NanAndInfinityStayInTheirRow) {
  ThreadPool pool(2);
  StoredWeight w(DType::bf16, 40, 96, 9);
  const PackedMatrix packed = must_pack(*GetParam(), w.view(), Arithmetic::bf16, pool);
  for (const size_t rows : {size_t{3}, size_t{20}}) {
    std::vector<float> x = random_floats(rows * 96, 1);
    const std::vector<float> clean = multiply(packed, x, pool);
    x[96 + 5] = NAN;
    x[2 * 96 + 7] = INFINITY;
    const std::vector<float> out = multiply(packed, x, pool);
    EXPECT_TRUE(std::isnan(out[40 + 3]));
    EXPECT_FALSE(std::isfinite(out[80 + 3]));
    EXPECT_TRUE(same_bits(out.data(), clean.data(), 40));
    EXPECT_TRUE(same_bits(out.data() + 120, clean.data() + 120, (rows - 3) * 40));
  }
}

TEST_P(Matmul, NanAndInfinityStayInTheirRowOfIntegers) {
  ThreadPool pool(2);
  StoredWeight w(DType::q8_0, 40, 96, 9);
  const PackedMatrix packed = must_pack(*GetParam(), w.view(), Arithmetic::int8, pool);
  std::vector<float> x = random_floats(size_t{20} * 96, 1);
  const std::vector<float> clean = multiply(packed, x, pool);
  x[96 + 5] = NAN;
  x[2 * 96 + 47] = -INFINITY;
  const std::vector<float> out = multiply(packed, x, pool);
  EXPECT_FALSE(std::isfinite(out[40 + 3]));
  EXPECT_FALSE(std::isfinite(out[80 + 3]));
  EXPECT_TRUE(same_bits(out.data(), clean.data(), 40));
  EXPECT_TRUE(same_bits(out.data() + 120, clean.data() + 120, 17 * 40));
}

// The largest codes with the largest activations: no sum on the way may overflow.
TEST_P(Matmul, IntegersDoNotOverflow) {
  ThreadPool pool(1);
  constexpr size_t kInputs = 64;
  for (const int code : {-128, 127}) {
    std::array<std::byte, 2 * 34> stored{};
    for (size_t block = 0; block < 2; ++block) {
      const uint16_t one = f32_to_f16(1.0f);
      std::memcpy(stored.data() + block * 34, &one, 2);
      std::fill_n(stored.data() + block * 34 + 2, 32, static_cast<std::byte>(code));
    }
    const TensorView view{DType::q8_0, {1, kInputs}, stored.data()};
    const PackedMatrix packed = must_pack(*GetParam(), view, Arithmetic::int8, pool);
    for (const float sign : {-127.0f, 127.0f}) {
      EXPECT_EQ(multiply(packed, std::vector<float>(kInputs, sign), pool)[0],
                sign * kInputs * static_cast<float>(code));
    }
  }
}

TEST_P(Matmul, ActivationsTooSmallToDivideByCountAsZero) {
  ThreadPool pool(1);
  StoredWeight w(DType::q8_0, 3, 64, 9);
  const PackedMatrix packed = must_pack(*GetParam(), w.view(), Arithmetic::int8, pool);
  for (const float x : {0.0f, 1e-44f, 0x1p-111f}) {
    for (const float out : multiply(packed, std::vector<float>(64, x), pool)) EXPECT_EQ(out, 0) << x;
  }
}

// What the rounding of activations costs: research on the format (llm.int8, ggml's Q8_0) has it below 1 %.
TEST_P(Matmul, IntegersAreCloseToFloats) {
  ThreadPool pool(2);
  for (const DType dtype : {DType::q8_0, DType::q4_0, DType::q4_k, DType::q6_k}) {
    StoredWeight w(dtype, 64, 2048, 5);
    const std::vector<float> x = random_floats(8 * 2048, 4);
    const std::vector<float> exact =
        multiply(must_pack(*GetParam(), w.view(), Arithmetic::f32, pool), x, pool);
    const std::vector<float> out =
        multiply(must_pack(*GetParam(), w.view(), Arithmetic::int8, pool), x, pool);
    double error = 0;
    double size = 0;
    for (size_t i = 0; i < out.size(); ++i) {
      error += std::pow(double{out[i]} - exact[i], 2);
      size += std::pow(double{exact[i]}, 2);
    }
    EXPECT_LT(std::sqrt(error / size), 0.01) << dtype_info(dtype).name;
  }
}

// All that differs between instruction sets is how the same integers are added.
TEST(Int8, GivesTheSameBitsInEveryTableWithFma) {
  ThreadPool pool(2);
  std::vector<const KernelTable*> tables = tables_with_products();
  std::erase_if(tables, [](const KernelTable* t) { return t->name == "sse2" || t->name == "reference"; });
  if (tables.size() < 2) GTEST_SKIP() << "this machine runs no two tables with fma";
  for (const DType dtype : {DType::q8_0, DType::q4_0, DType::q4_k, DType::q6_k}) {
    StoredWeight w(dtype, 100, 1024, 5);
    const std::vector<float> x = random_floats(17 * 1024, 4);
    const std::vector<float> first =
        multiply(must_pack(*tables[0], w.view(), Arithmetic::int8, pool), x, pool);
    for (const KernelTable* table : tables) {
      EXPECT_TRUE(same_bits(multiply(must_pack(*table, w.view(), Arithmetic::int8, pool), x, pool), first))
          << table->name << " " << dtype_info(dtype).name;
    }
  }
}

TEST_P(Matmul, NoRowsAndNoIdsWriteNothing) {
  ThreadPool pool(2);
  StoredWeight w(DType::f32, 4, 8, 9);
  const PackedMatrix packed = must_pack(*GetParam(), w.view(), Arithmetic::f32, pool);
  float out = 5;
  GetParam()->matmul(packed, nullptr, 0, &out, pool);
  GetParam()->gather(packed, {}, &out);
  EXPECT_EQ(out, 5);
}

}  // namespace
}  // namespace ferry::kernels
