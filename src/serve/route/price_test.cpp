#include "serve/route/price.h"

#include <gtest/gtest.h>

#include "base/core/rng.h"

namespace ferry {
namespace {

constexpr int64_t kNano = 1'000'000'000;
constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

TEST(PriceHistory, TheLatestThatHasBegunHolds) {
  const PriceHistory history({{.from = 100, .price = {.input = 1}}, {.from = 200, .price = {.input = 2}}});
  EXPECT_EQ(history.at(99), nullptr);
  EXPECT_EQ(history.at(100)->price.input, 1);
  EXPECT_EQ(history.at(199)->price.input, 1);
  EXPECT_EQ(history.at(200)->price.input, 2);
  EXPECT_EQ(PriceHistory().at(0), nullptr);
}

// An unsigned number of any length, in base 2^32, the lowest digit first: slow and plain, to check against.
class Natural {
 public:
  explicit Natural(uint64_t value)
      : digits_{static_cast<uint32_t>(value), static_cast<uint32_t>(value >> 32)} {}

  Natural operator*(const Natural& other) const {
    Natural out(0);
    out.digits_.assign(digits_.size() + other.digits_.size(), 0);
    for (size_t i = 0; i < digits_.size(); ++i) {
      uint64_t carry = 0;
      for (size_t j = 0; j < other.digits_.size() || carry != 0; ++j) {
        uint64_t sum = out.digits_[i + j] + carry;
        if (j < other.digits_.size()) sum += uint64_t{digits_[i]} * other.digits_[j];
        out.digits_[i + j] = static_cast<uint32_t>(sum);
        carry = sum >> 32;
      }
    }
    return out;
  }
  Natural operator+(const Natural& other) const {
    Natural out(0);
    const size_t size = std::max(digits_.size(), other.digits_.size());
    out.digits_.assign(size + 1, 0);
    uint64_t carry = 0;
    for (size_t i = 0; i <= size; ++i) {
      carry += uint64_t{digit(i)} + other.digit(i);
      out.digits_[i] = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
    return out;
  }
  bool operator<=(const Natural& other) const {
    for (size_t i = std::max(digits_.size(), other.digits_.size()); i-- > 0;) {
      if (digit(i) != other.digit(i)) return digit(i) < other.digit(i);
    }
    return true;
  }

 private:
  uint32_t digit(size_t i) const { return i < digits_.size() ? digits_[i] : 0; }
  std::vector<uint32_t> digits_;
};

// Of any size: small ones, large ones, and all between.
int64_t any_number(Rng& rng, int64_t most) {
  return static_cast<int64_t>(rng.below(static_cast<uint64_t>(most)) >> rng.below(62));
}

// (c - 1) · million < sum <= c · million: rounded up, once.
TEST(Cost, IsTheExactSumRoundedUpOnce) {
  Rng rng(2);
  for (int i = 0; i < 20000; ++i) {
    const BilledTokens tokens{any_number(rng, int64_t{1} << 40), any_number(rng, int64_t{1} << 40),
                              any_number(rng, int64_t{1} << 40), any_number(rng, int64_t{1} << 40),
                              any_number(rng, int64_t{1} << 40)};
    const Price price{any_number(rng, kNano * 1000), any_number(rng, kNano * 1000),
                      any_number(rng, kNano * 1000), any_number(rng, kNano * 1000),
                      any_number(rng, kNano * 1000)};
    const auto times = [](int64_t a, int64_t b) {
      return Natural(static_cast<uint64_t>(a)) * Natural(static_cast<uint64_t>(b));
    };
    const Natural sum = times(tokens.input, price.input) + times(tokens.cached_input, price.cached_input) +
                        times(tokens.cache_write, price.cache_write) +
                        times(tokens.cache_write_1h, price.cache_write_1h) +
                        times(tokens.output, price.output);
    const int64_t nano = cost(tokens, price);
    ASSERT_GE(nano, 0);
    if (nano == kMost) continue;
    EXPECT_TRUE(sum <= times(nano, 1'000'000));
    EXPECT_TRUE(nano == 0 || !(sum <= times(nano - 1, 1'000'000)));
  }
}

TEST(Cost, LyingNumbersAreNoGainAndNoOverflow) {
  const Price price{.input = kNano * kNano,
                    .cached_input = kNano * kNano,
                    .cache_write = kNano * kNano,
                    .cache_write_1h = kNano * kNano,
                    .output = kNano * kNano};
  EXPECT_EQ(cost({kMost, kMost, kMost, kMost, kMost}, price), kMost);
  EXPECT_EQ(cost({.input = -5, .output = -7}, price), 0);
  EXPECT_EQ(cost({.input = 1}, {.input = 1}), 1);
  EXPECT_EQ(cost({.input = 1'000'000}, {.input = 150'000'000}), 150'000'000);
  EXPECT_EQ(cost({}, price), 0);
}

TEST(BilledTokens, EachTokenIsBilledOnce) {
  const BilledTokens tokens = billed({.prompt_tokens = 100,
                                      .completion_tokens = 7,
                                      .cached_tokens = 30,
                                      .cache_written_tokens = 20,
                                      .cache_written_1h_tokens = 5});
  EXPECT_EQ(tokens.input, 50);
  EXPECT_EQ(tokens.cached_input, 30);
  EXPECT_EQ(tokens.cache_write, 15);
  EXPECT_EQ(tokens.cache_write_1h, 5);
  EXPECT_EQ(tokens.output, 7);
  const BilledTokens lying =
      billed({.prompt_tokens = 10, .completion_tokens = -1, .cached_tokens = 50, .cache_written_tokens = 50});
  EXPECT_EQ(lying.cached_input, 10);
  EXPECT_EQ(lying.input + lying.cache_write + lying.cache_write_1h + lying.output, 0);
}

// Whatever the request turns out to be within its size, it costs no more.
TEST(ReserveEstimate, IsAnUpperBound) {
  Rng rng(4);
  for (int i = 0; i < 20000; ++i) {
    const RequestSize size{.prompt_bytes = any_number(rng, 1 << 20),
                           .pieces = any_number(rng, 50) + 1,
                           .images = any_number(rng, 4),
                           .max_tokens = any_number(rng, 10000),
                           .answers = any_number(rng, 4) + 1};
    const Price price{any_number(rng, kNano * 100), any_number(rng, kNano * 100),
                      any_number(rng, kNano * 100), any_number(rng, kNano * 100),
                      any_number(rng, kNano * 100)};
    const int64_t most = most_prompt_tokens(size);
    const int64_t cached = any_number(rng, most + 1);
    const int64_t written = any_number(rng, most - cached + 1);
    const int64_t output = any_number(rng, *size.max_tokens * size.answers + 1);
    EXPECT_LE(cost({.input = most - cached - written,
                    .cached_input = cached,
                    .cache_write = written,
                    .output = output},
                   price),
              reserve_estimate(size, price));
    EXPECT_LE(likely_prompt_tokens(size), most);
  }
}

TEST(ReserveEstimate, AnswersAreAsLongAsTheyMayBecome) {
  const Price price{.output = 1'000'000};  // one billionth a token
  EXPECT_EQ(reserve_estimate({.max_tokens = 10, .answers = 3}, price), 30);
  EXPECT_EQ(reserve_estimate({.max_tokens = 10}, price, 4), 4);
  EXPECT_EQ(reserve_estimate({}, price, 7), 7);
  EXPECT_EQ(reserve_estimate({}, price), kAssumedOutput);
  EXPECT_EQ(reserve_estimate({.max_tokens = kMost, .answers = kMost}, price), kMost);
}

TEST(OwnModelPrice, IsTheHardwaresCostOverTheTokens) {
  const HardwarePrice hardware{.nano_per_hour = 36 * kNano / 10, .tokens_per_s = 1000};  // 3.6 an hour
  const OwnModelPrice day = own_model_price(hardware, 86400, 1'000'000);
  EXPECT_EQ(day.served, 86'400'000'000);    // 86.40 for a million
  EXPECT_EQ(day.full_load, 1'000'000'000);  // 3.6 / 3.6 million tokens: 1.00 for a million
  EXPECT_FALSE(own_model_price(hardware, 86400, 0).served);
  EXPECT_FALSE(own_model_price({.nano_per_hour = 1}, 86400, 1).full_load);
  EXPECT_EQ(own_model_price({.nano_per_hour = 1}, 1, 3).served, 93);  // 1e6 / 3600 / 3, rounded up
  EXPECT_EQ(own_model_price({.nano_per_hour = kMost}, kMost, 1).served, kMost);
}

}  // namespace
}  // namespace ferry
