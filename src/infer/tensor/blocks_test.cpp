#include "infer/tensor/blocks.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/core/file.h"
#include "base/core/rng.h"

namespace ferry {
namespace {

const DType kBlockTypes[] = {DType::f16, DType::bf16, DType::q8_0, DType::q4_0, DType::q4_k, DType::q6_k};

std::string golden(DType dtype, const char* suffix) {
  return read_file(std::string(FERRY_SOURCE_DIR "/tests/golden/tensor/") +
                   std::string(dtype_info(dtype).name) + suffix)
      .value();
}

std::vector<float> floats(const std::string& bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

std::vector<float> dequantize(DType dtype, const std::string& blocks) {
  const auto [name, elements, bytes] = dtype_info(dtype);
  std::vector<float> out(blocks.size() / static_cast<size_t>(bytes) * static_cast<size_t>(elements));
  dequantize_row(dtype, reinterpret_cast<const std::byte*>(blocks.data()), static_cast<int64_t>(out.size()),
                 out.data());
  return out;
}

// How many weights differ in bits; two NaNs are alike.
size_t differences(const std::vector<float>& got, const std::vector<float>& expected) {
  EXPECT_EQ(got.size(), expected.size());
  size_t count = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    const bool same = std::bit_cast<uint32_t>(got[i]) == std::bit_cast<uint32_t>(expected[i]) ||
                      (std::isnan(got[i]) && std::isnan(expected[i]));
    if (!same && count++ == 0) ADD_FAILURE() << "weight " << i << ": " << got[i] << ", not " << expected[i];
  }
  return count;
}

TEST(Blocks, DequantizeBitForBitLikeGgufPy) {
  for (const DType dtype : kBlockTypes) {
    SCOPED_TRACE(dtype_info(dtype).name);
    const auto expected = floats(golden(dtype, ".f32"));
    ASSERT_GE(expected.size(), 256u);
    EXPECT_EQ(differences(dequantize(dtype, golden(dtype, ".blocks")), expected), 0u);
  }
}

TEST(Blocks, QuantizeByteForByteLikeGgufPy) {
  for (const DType dtype : {DType::f16, DType::bf16, DType::q8_0, DType::q4_0}) {
    SCOPED_TRACE(dtype_info(dtype).name);
    const auto input = floats(golden(dtype, ".input"));
    const std::string expected = golden(dtype, ".output");
    std::string out(expected.size(), '?');
    quantize_row(dtype, input.data(), static_cast<int64_t>(input.size()),
                 reinterpret_cast<std::byte*>(out.data()));
    ASSERT_FALSE(expected.empty());
    EXPECT_TRUE(out == expected);
  }
}

TEST(Blocks, RowsNeedNoAlignment) {
  for (const DType dtype : kBlockTypes) {
    const std::string blocks = golden(dtype, ".blocks");
    const std::string shifted = "x" + blocks;
    std::vector<float> out(dequantize(dtype, blocks).size());
    dequantize_row(dtype, reinterpret_cast<const std::byte*>(shifted.data() + 1),
                   static_cast<int64_t>(out.size()), out.data());
    EXPECT_EQ(differences(out, floats(golden(dtype, ".f32"))), 0u);
  }
}

TEST(Blocks, QuantizedWeightsAreWithinAStep) {
  Rng rng(7);
  std::vector<float> row(1024);
  for (float& weight : row) weight = static_cast<float>(rng.gaussian());
  for (const auto& [dtype, step] : {std::pair{DType::q8_0, 1.0f / 127}, {DType::q4_0, 1.0f / 8}}) {
    std::string blocks(row.size() / 32 * static_cast<size_t>(dtype_info(dtype).bytes), '\0');
    quantize_row(dtype, row.data(), 1024, reinterpret_cast<std::byte*>(blocks.data()));
    const auto back = dequantize(dtype, blocks);
    for (size_t i = 0; i < row.size(); i += 32) {
      float largest = 0;
      for (size_t j = i; j < i + 32; ++j) largest = std::max(largest, std::abs(row[j]));
      // Half a step and the rounding of the scale to f16; Q4_0 lacks a level on the side away from the
      // extreme.
      const float allowed = largest * step * (dtype == DType::q4_0 ? 1.05f : 0.6f);
      for (size_t j = i; j < i + 32; ++j) ASSERT_NEAR(back[j], row[j], allowed);
    }
  }
}

TEST(Blocks, TinyAndInfiniteWeightsQuantizeToSomethingDefined) {
  std::vector<float> tiny(32, 1e-42f);
  tiny[3] = 0;
  for (const DType dtype : {DType::q8_0, DType::q4_0}) {
    std::string block(static_cast<size_t>(dtype_info(dtype).bytes), '?');
    quantize_row(dtype, tiny.data(), 32, reinterpret_cast<std::byte*>(block.data()));
    for (const float weight : dequantize(dtype, block)) EXPECT_EQ(weight, 0.0f);
    std::vector<float> infinite(32, INFINITY);
    infinite[1] = NAN;
    quantize_row(dtype, infinite.data(), 32, reinterpret_cast<std::byte*>(block.data()));
    for (const float weight : dequantize(dtype, block)) EXPECT_FALSE(std::isfinite(weight));
  }
}

TEST(Blocks, F32IsCopiedAndEmptyRowsAreFine) {
  const std::vector<float> row = {1.5f, -0.0f, 3e38f};
  std::vector<float> out(3);
  dequantize_row(DType::f32, reinterpret_cast<const std::byte*>(row.data()), 3, out.data());
  EXPECT_EQ(differences(out, row), 0u);
  dequantize_row(DType::f32, nullptr, 0, nullptr);
  dequantize_row(DType::q6_k, nullptr, 0, nullptr);
}

TEST(Blocks, KFormatsAreNotWritten) {
  EXPECT_TRUE(can_quantize(DType::q4_0));
  EXPECT_FALSE(can_quantize(DType::q4_k));
  EXPECT_FALSE(can_quantize(DType::q6_k));
}

}  // namespace
}  // namespace ferry
