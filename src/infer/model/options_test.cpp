#include "infer/model/options.h"

#include "infer/formats/test_files.h"

namespace ferry {
namespace {

TEST(ModelOptions, WordsBecomeATableAndAnArithmetic) {
  const auto f32 = make_model_options("reference", "f32");
  ASSERT_TRUE(f32);
  EXPECT_EQ(f32->table->name, "reference");
  EXPECT_EQ(f32->arithmetic, kernels::Arithmetic::f32);
  const auto automatic = make_model_options("auto", "bf16");
  ASSERT_TRUE(automatic);
  EXPECT_TRUE(automatic->table->supported());
  EXPECT_EQ(automatic->arithmetic, kernels::Arithmetic::bf16);
}

TEST(ModelOptions, OtherWordsAreRefused) {
  expect_error(make_model_options("auto", "int4"), ErrorCode::invalid_argument, {"arithmetic", "int4"});
  expect_error(make_model_options("mmx", "bf16"), ErrorCode::invalid_argument, {"mmx", "reference"});
}

}  // namespace
}  // namespace ferry
