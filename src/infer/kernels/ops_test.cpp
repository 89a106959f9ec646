#include "infer/kernels/test_support.h"

namespace ferry::kernels {
namespace {

class Ops : public testing::TestWithParam<const KernelTable*> {
 protected:
  const KernelTable& table() const { return *GetParam(); }
};
INSTANTIATE_TEST_SUITE_P(Tables, Ops, testing::ValuesIn(supported_tables()), table_name);

constexpr int64_t kWidths[] = {1, 7, 8, 15, 16, 17, 31, 64, 80, 100, 576, 2048};

TEST_P(Ops, RmsNormIsTheFormula) {
  for (const int64_t width : kWidths) {
    SCOPED_TRACE(width);
    const auto n = static_cast<size_t>(width);
    const std::vector<float> x = random_floats(3 * n, 1, 1e-2f);  // small, so that eps counts
    const std::vector<float> weight = random_floats(n, 2);
    std::vector<float> out(3 * n);
    table().rms_norm(x.data(), weight.data(), 1e-5f, 3, width, out.data());
    for (size_t r = 0; r < 3; ++r) {
      double squares = 0;
      for (size_t i = 0; i < n; ++i) squares += double{x[r * n + i]} * x[r * n + i];
      const double scale = 1 / std::sqrt(squares / static_cast<double>(n) + 1e-5);
      for (size_t i = 0; i < n; ++i) {
        const double expected = x[r * n + i] * scale * weight[i];
        ASSERT_NEAR(out[r * n + i], expected, std::fabs(expected) * 4e-6) << r << ", " << i;
      }
    }
  }
}

TEST_P(Ops, RmsNormOfARowIsTheSameInPlaceAndInAnyBatch) {
  for (const int64_t width : kWidths) {
    const auto n = static_cast<size_t>(width);
    const std::vector<float> x = random_floats(5 * n, 1);
    const std::vector<float> weight = random_floats(n, 2);
    std::vector<float> all = x;
    table().rms_norm(all.data(), weight.data(), 1e-5f, 5, width, all.data());
    std::vector<float> one(n);
    table().rms_norm(x.data() + 3 * n, weight.data(), 1e-5f, 1, width, one.data());
    EXPECT_TRUE(same_bits(all.data() + 3 * n, one.data(), n)) << width;
  }
}

TEST_P(Ops, LayerNormIsTheFormula) {
  for (const int64_t width : kWidths) {
    SCOPED_TRACE(width);
    const auto n = static_cast<size_t>(width);
    std::vector<float> x = random_floats(3 * n, 1, 1e-2f);        // small, so that eps counts
    for (size_t i = 0; i < n; ++i) x[i] = x[i] * 100.0f + 50.0f;  // and far from zero, so that the mean does
    const std::vector<float> weight = random_floats(n, 2);
    const std::vector<float> bias = random_floats(n, 3);
    std::vector<float> out(3 * n);
    table().layer_norm(x.data(), weight.data(), bias.data(), 1e-5f, 3, width, out.data());
    for (size_t r = 0; r < 3; ++r) {
      double sum = 0;
      double squares = 0;
      for (size_t i = 0; i < n; ++i) sum += x[r * n + i];
      const double mean = sum / static_cast<double>(n);
      for (size_t i = 0; i < n; ++i) squares += (x[r * n + i] - mean) * (x[r * n + i] - mean);
      const double scale = 1 / std::sqrt(squares / static_cast<double>(n) + 1e-5);
      for (size_t i = 0; i < n; ++i) {
        const double normal = (x[r * n + i] - mean) * scale;
        const double rounding = std::fabs(mean) * scale * 2e-6;  // of the mean, a float
        ASSERT_NEAR(out[r * n + i], normal * weight[i] + bias[i],
                    std::fabs(weight[i]) * (std::fabs(normal) * 1e-5 + rounding) + 1e-5)
            << r << ", " << i;
      }
    }
  }
}

TEST_P(Ops, LayerNormOfARowIsTheSameInPlaceAndInAnyBatch) {
  for (const int64_t width : kWidths) {
    const auto n = static_cast<size_t>(width);
    const std::vector<float> x = random_floats(5 * n, 1);
    const std::vector<float> weight = random_floats(n, 2);
    const std::vector<float> bias = random_floats(n, 3);
    std::vector<float> all = x;
    table().layer_norm(all.data(), weight.data(), bias.data(), 1e-5f, 5, width, all.data());
    std::vector<float> one(n);
    table().layer_norm(x.data() + 3 * n, weight.data(), bias.data(), 1e-5f, 1, width, one.data());
    EXPECT_TRUE(same_bits(all.data() + 3 * n, one.data(), n)) << width;
  }
}

double exact_gelu(double x) {
  return x * 0.5 * std::erfc(-x / std::sqrt(2.0));
}

TEST_P(Ops, GeluIsTheFormulaIntoItsTail) {
  std::vector<float> x;
  for (int i = 0; i < 88'950; ++i) x.push_back(-13.0f + 0.000371f * static_cast<float>(i));
  std::vector<float> out(x.size());
  table().gelu(x.data(), static_cast<int64_t>(x.size()), out.data());
  for (size_t i = 0; i < x.size(); ++i) {
    // Below zero x² / 2, rounded, is an exponent.
    const double relative = 1e-6 + (x[i] < 0 ? x[i] * x[i] * 1e-7 : 0);
    const double expected = exact_gelu(x[i]);
    ASSERT_NEAR(out[i], expected, std::fabs(expected) * relative + 1e-44) << x[i];
  }
}

TEST_P(Ops, GeluOfExtremesIsNothingOrThemselves) {
  const float x[] = {0.0f, -0.0f, 30.0f, -30.0f, 1e30f, -1e30f, INFINITY, -INFINITY, NAN, 1e-30f};
  float out[10];
  table().gelu(x, 10, out);
  for (const size_t i : {0u, 1u, 3u, 5u}) EXPECT_NEAR(out[i], 0, 1e-40) << x[i];
  for (const size_t i : {2u, 4u, 6u}) EXPECT_EQ(out[i], x[i]);
  EXPECT_TRUE(std::isnan(out[8]));
  EXPECT_NEAR(out[9], 0.5e-30, 1e-36);
}

TEST_P(Ops, GeluOfAnElementDoesNotDependOnItsPlace) {
  const std::vector<float> x = random_floats(70, 1, 4.0f);
  std::vector<float> all = x;
  table().gelu(all.data(), 70, all.data());
  for (size_t i = 0; i < 70; ++i) {
    float one = NAN;
    table().gelu(&x[i], 1, &one);
    ASSERT_TRUE(same_bits(&one, &all[i], 1)) << i;
  }
}

TEST_P(Ops, RopeRotatesItsPairsAndLeavesTheRest) {
  for (const RopePairing pairing : {RopePairing::halves, RopePairing::neighbours}) {
    for (const int32_t rotary : {2, 6, 16, 20, 64, 80}) {
      SCOPED_TRACE(rotary);
      constexpr size_t kRows = 3;
      constexpr size_t kHeads = 2;
      const size_t head_dim = static_cast<size_t>(rotary) + 8;
      const size_t half = static_cast<size_t>(rotary) / 2;
      const std::vector<float> x = random_floats(kRows * kHeads * head_dim, 1);
      const std::vector<float> cosines = random_floats(kRows * half, 2);
      const std::vector<float> sines = random_floats(kRows * half, 3);
      std::vector<float> out = x;
      table().rope({out.data(), cosines.data(), sines.data(), kRows, kHeads, static_cast<int32_t>(head_dim),
                    rotary, pairing});
      for (size_t i = 0; i < x.size(); ++i) {
        const size_t d = i % head_dim;
        const size_t row = i / head_dim / kHeads;
        double expected = x[i];
        if (d < 2 * half) {
          const bool halves = pairing == RopePairing::halves;
          const size_t pair = halves ? d % half : d / 2;
          const bool first = halves ? d < half : d % 2 == 0;
          const size_t step = halves ? half : 1;
          const double other = first ? -double{x[i + step]} : double{x[i - step]};
          expected = double{x[i]} * cosines[row * half + pair] + other * sines[row * half + pair];
        }
        ASSERT_NEAR(out[i], expected, d < 2 * half ? 1e-6 : 0) << "element " << i;
      }
    }
  }
}

TEST_P(Ops, SwigluIsGateTimesSigmoidTimesUp) {
  std::vector<float> gate = random_floats(1003, 1, 8.0f);
  const float extremes[] = {0.0f,  -0.0f,  20.0f,  -20.0f,  87.0f, -87.0f,
                            88.5f, -88.5f, 104.0f, -104.0f, 1e30f, -1e30f};
  std::copy(std::begin(extremes), std::end(extremes), gate.begin());
  const std::vector<float> up = random_floats(1003, 2);
  std::vector<float> out(1003);
  table().swiglu(gate.data(), up.data(), 1003, out.data());
  for (size_t i = 0; i < out.size(); ++i) {
    const double expected = gate[i] / (1 + std::exp(-double{gate[i]})) * up[i];
    ASSERT_NEAR(out[i], expected, std::fabs(expected) * 6e-7 + 1e-37) << gate[i];
  }
}

// Where the gate is far below zero, silu is gate · e^gate, and shows how exact the table's exp is.
TEST_P(Ops, SwigluIsWithinFourUlpOverTheRangeOfExp) {
  std::vector<float> gate;
  for (int i = 0; i < 288'410; ++i) gate.push_back(-87.0f + 0.000371f * static_cast<float>(i));
  const std::vector<float> up(gate.size(), 1.0f);
  std::vector<float> out(gate.size());
  table().swiglu(gate.data(), up.data(), static_cast<int64_t>(gate.size()), out.data());
  double worst = 0;
  for (size_t i = 0; i < gate.size(); ++i) {
    const double expected = gate[i] / (1 + std::exp(-double{gate[i]}));
    worst = std::max(worst, std::fabs(out[i] - expected) / std::fabs(expected));
  }
  EXPECT_LT(worst, 4 * 0x1p-24);
  RecordProperty("worst_relative_error_in_ulp", fmt::format("{:.2f}", worst * 0x1p24));
}

TEST_P(Ops, SwigluOfAnElementDoesNotDependOnItsPlace) {
  const std::vector<float> gate = random_floats(70, 1, 4.0f);
  const std::vector<float> up = random_floats(70, 2);
  std::vector<float> all(70);
  table().swiglu(gate.data(), up.data(), 70, all.data());
  for (size_t i = 0; i < 70; ++i) {
    float one = NAN;
    table().swiglu(&gate[i], &up[i], 1, &one);
    ASSERT_TRUE(same_bits(&one, &all[i], 1)) << i;
  }
}

TEST_P(Ops, SwigluPassesNanOn) {
  const float gate[] = {NAN, 1.0f, INFINITY, -INFINITY};
  const float up[] = {1.0f, NAN, 1.0f, 1.0f};
  float out[4];
  table().swiglu(gate, up, 4, out);
  EXPECT_TRUE(std::isnan(out[0]));
  EXPECT_TRUE(std::isnan(out[1]));
  EXPECT_EQ(out[2], INFINITY);
}

TEST_P(Ops, AddAndAddBiasAddAndTouchNothingElse) {
  for (const int64_t width : kWidths) {
    const auto n = static_cast<size_t>(width);
    const std::vector<float> x = random_floats(3 * n + 1, 1);
    const std::vector<float> y = random_floats(3 * n, 2);
    std::vector<float> sum = x;
    table().add(sum.data(), y.data(), 3 * width);
    std::vector<float> biased = x;
    table().add_bias(biased.data(), y.data(), 3, width);
    for (size_t i = 0; i < 3 * n; ++i) {
      ASSERT_EQ(sum[i], x[i] + y[i]) << width;
      ASSERT_EQ(biased[i], x[i] + y[i % n]) << width;
    }
    EXPECT_EQ(sum[3 * n], x[3 * n]);
    EXPECT_EQ(biased[3 * n], x[3 * n]);
  }
}

}  // namespace
}  // namespace ferry::kernels
