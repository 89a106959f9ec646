#include "infer/engine/wide_answers.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

// With the kernels of this machine; wide_answers_bench.cpp has every table, type and longer prompts.
TEST(WideAnswers, HaveTheSameBitsHoweverTheyAreComputed) {
  for (const DType dtype : {DType::q4_k, DType::bf16}) {
    const WideModel model(dtype);
    const WideReport report = WideAnswers(model, {}).compare();
    EXPECT_EQ(report.failure, "") << dtype_info(dtype).name;
    EXPECT_EQ(report.answers, 6u * 8);
  }
}

}  // namespace
}  // namespace ferry
