#include "infer/tensor/tensor.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "infer/tensor/half.h"

namespace ferry {
namespace {

TEST(Half, EveryF16SurvivesTheRoundTrip) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float value = f16_to_f32(static_cast<uint16_t>(bits));
    if (std::isnan(value)) continue;
    ASSERT_EQ(f32_to_f16(value), bits);
    ASSERT_EQ(value, static_cast<float>(std::bit_cast<_Float16>(static_cast<uint16_t>(bits))));
  }
}

TEST(Half, RoundsToNearestEvenLikeTheCompiler) {
  for (uint64_t i = 0; i < (uint64_t{1} << 32); i += 9973) {
    const float value = std::bit_cast<float>(static_cast<uint32_t>(i));
    if (std::isnan(value)) continue;
    ASSERT_EQ(f32_to_f16(value), std::bit_cast<uint16_t>(static_cast<_Float16>(value))) << value;
  }
}

TEST(Half, Bf16RoundsTiesToEven) {
  EXPECT_EQ(f32_to_bf16(1.0f), 0x3F80);
  EXPECT_EQ(f32_to_bf16(std::bit_cast<float>(0x3F808000u)), 0x3F80);
  EXPECT_EQ(f32_to_bf16(std::bit_cast<float>(0x3F818000u)), 0x3F82);
  EXPECT_EQ(f32_to_bf16(std::bit_cast<float>(0x3F808001u)), 0x3F81);
  EXPECT_TRUE(std::isnan(bf16_to_f32(f32_to_bf16(std::numeric_limits<float>::quiet_NaN()))));
}

TEST(Tensor, ChecksShapesFromFiles) {
  EXPECT_EQ(checked_bytes(DType::q4_k, {3, 512}).value(), 3 * 2 * 144);
  EXPECT_FALSE(checked_bytes(DType::q4_k, {3, 100}));
  EXPECT_FALSE(checked_bytes(DType::f32, {-1, 4}));
  EXPECT_FALSE(checked_bytes(DType::f32, {int64_t{1} << 40, int64_t{1} << 40}));
  EXPECT_FALSE(checked_bytes(DType::f32, {int64_t{1} << 62}));
}

TEST(Tensor, CountsRowsOfScalarsAndOfNothing) {
  EXPECT_EQ((TensorView{DType::q8_0, {3, 2, 64}, nullptr}).rows(), 6);
  EXPECT_EQ((TensorView{DType::q8_0, {3, 2, 64}, nullptr}).row_bytes(), 68);
  EXPECT_EQ((TensorView{DType::f32, {}, nullptr}).rows(), 1);
  EXPECT_EQ((TensorView{DType::f32, {}, nullptr}).row_bytes(), 4);
  EXPECT_EQ((TensorView{DType::f32, {3, 0}, nullptr}).rows(), 0);
}

TEST(Buffer, IsAlignedAndZeroed) {
  Buffer buffer = Buffer::allocate(100).value();
  EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.data()) % 64, 0u);
  for (size_t i = 0; i < 100; ++i) EXPECT_EQ(buffer.data()[i], std::byte{0});
  EXPECT_FALSE(Buffer::allocate(std::numeric_limits<size_t>::max()));
}

}  // namespace
}  // namespace ferry
