#include "infer/model/rope.h"

#include <cmath>

#include <gtest/gtest.h>

namespace ferry {
namespace {

RopeSpec plain(int32_t dims, double theta) {
  RopeSpec rope;
  rope.rotary_dims = dims;
  rope.theta = theta;
  return rope;
}

TEST(Rope, FrequenciesFallGeometrically) {
  const auto frequencies = rope_frequencies(plain(8, 10000));
  ASSERT_EQ(frequencies.size(), 4u);
  EXPECT_FLOAT_EQ(frequencies[0], 1);
  EXPECT_FLOAT_EQ(frequencies[1], 0.1f);
  EXPECT_FLOAT_EQ(frequencies[2], 0.01f);
  EXPECT_FLOAT_EQ(frequencies[3], 0.001f);
}

TEST(Rope, LinearScalingDividesAll) {
  RopeSpec rope = plain(4, 10000);
  rope.scaling = RopeScaling::linear;
  rope.factor = 8;
  EXPECT_FLOAT_EQ(rope_frequencies(rope)[0], 0.125f);
  EXPECT_FLOAT_EQ(rope_frequencies(rope)[1], 0.00125f);
}

// Llama 3.1's own parameters, its first, a middle and its last frequency computed by transformers 5.
TEST(Rope, Llama3ScalingKeepsRampsAndDivides) {
  RopeSpec rope = plain(128, 500000);
  rope.scaling = RopeScaling::llama3;
  rope.factor = 8;
  const auto plain_frequencies = rope_frequencies(plain(128, 500000));
  const auto frequencies = rope_frequencies(rope);
  EXPECT_EQ(frequencies[0], plain_frequencies[0]);
  EXPECT_EQ(frequencies[28], plain_frequencies[28]);
  EXPECT_NEAR(frequencies[30] / plain_frequencies[30], 0.6437432, 1e-5);
  EXPECT_NEAR(frequencies[34] / plain_frequencies[34], 0.1902107, 1e-5);
  EXPECT_FLOAT_EQ(frequencies[36], plain_frequencies[36] / 8);
  EXPECT_FLOAT_EQ(frequencies[63], plain_frequencies[63] / 8);
}

TEST(Rope, DivisorsApplyPerFrequency) {
  RopeSpec rope = plain(4, 10000);
  rope.divisors = {1, 5};
  EXPECT_FLOAT_EQ(rope_frequencies(rope)[0], 1);
  EXPECT_FLOAT_EQ(rope_frequencies(rope)[1], 0.002f);
}

TEST(Rope, AnglesAtFarPositionsAreExact) {
  const std::vector<float> frequencies = {1, 0.001f};
  float cosines[2];
  float sines[2];
  rope_angles(frequencies, 100003, cosines, sines);
  EXPECT_NEAR(cosines[0], std::cos(100003.0), 1e-7);
  EXPECT_NEAR(sines[0], std::sin(100003.0), 1e-7);
  EXPECT_NEAR(sines[1], std::sin(100.003), 1e-5);
}

}  // namespace
}  // namespace ferry
