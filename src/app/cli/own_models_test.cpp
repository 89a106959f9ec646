#include "app/cli/own_models.h"

#include <gtest/gtest.h>

#include "base/core/money.h"
#include "base/db/scratch_folder.h"
#include "serve/traffic/recorder.h"

namespace ferry::cli {
namespace {

constexpr int64_t kHourUs = int64_t{3600} * 1'000'000;
constexpr int64_t kDayStart = 1'764'028'800'000'000;  // 2025-11-25T00:00:00Z

class OwnModels : public testing::Test {
 protected:
  void serve(std::string target, int64_t at_us, int64_t prompt, int64_t answer) {
    const ExchangeId id = ExchangeId::make(at_us + count_++);
    ASSERT_TRUE(recorder_->intent({.exchange = id, .time_us = at_us, .target = std::move(target)}));
    recorder_->outcome({.exchange = id,
                        .time_us = at_us + 1,
                        .usage = {.prompt_tokens = prompt, .completion_tokens = answer}});
  }
  std::vector<OwnModelRow> report(const TimeRange& range, int64_t now_us) {
    EXPECT_TRUE(recorder_->flush());
    return own_model_report(recorder_->store(), *config_, range, now_us).value();
  }

  ScratchFolder folder_;
  std::unique_ptr<Recorder> recorder_ = Recorder::open(folder_.path(), {}).value();
  GatewayConfigPtr config_ = read_gateway_config(R"(
providers: {a: {dialect: openai, url: https://a.example/v1}}
prices:
  a/m: {input: 1, output: 1}
  local/big:
    - {from: 2025-11-01, hardware_per_hour: 100}
    - {from: 2025-11-25, hardware_per_hour: 3, tokens_per_second: 1000}
  local/idle: {hardware_per_hour: 1}
routes: {r: {targets: [a/m, local/big, local/idle]}}
)")
                                 .config;
  int64_t count_ = 0;
};

// 3 an hour for ten hours are 30, over 2 million tokens: 15 a million. At 1,000 tokens a second an hour
// makes 3.6 million: 0.8333… a million, rounded up.
TEST_F(OwnModels, APeriodsHardwareOverTheTokensItServed) {
  serve("local/big", kDayStart + kHourUs, 1'200'000, 300'000);
  serve("local/big", kDayStart + 2 * kHourUs, 400'000, 100'000);
  serve("local/big", kDayStart - kHourUs, 5'000'000, 0);
  serve("a/m", kDayStart + kHourUs, 9'000'000, 0);
  const auto rows = report({}, kDayStart + 10 * kHourUs);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].target, "local/big");
  EXPECT_EQ(rows[0].period.from_us, kDayStart) << "the price before was another";
  EXPECT_EQ(rows[0].tokens, 2'000'000);
  EXPECT_EQ(money_text(rows[0].hardware), "30");
  EXPECT_EQ(money_text(rows[0].served.value()), "15");
  EXPECT_EQ(rows[0].full_load.value(), 833'333'334);
  EXPECT_EQ(rows[1].target, "local/idle");
  EXPECT_EQ(rows[1].tokens, 0);
  EXPECT_FALSE(rows[1].served);
  EXPECT_FALSE(rows[1].full_load);
}

TEST_F(OwnModels, TheRangeBoundsThePeriod) {
  serve("local/big", kDayStart + kHourUs, 1'000'000, 0);
  serve("local/big", kDayStart + 5 * kHourUs, 1'000'000, 0);
  const auto rows = report({kDayStart + 4 * kHourUs, kDayStart + 6 * kHourUs}, kDayStart + 10 * kHourUs);
  EXPECT_EQ(money_text(rows.at(0).hardware), "6");
  EXPECT_EQ(money_text(rows.at(0).served.value()), "6");
  const auto before = report({kDayStart - 3 * kHourUs, kDayStart - kHourUs}, kDayStart);
  EXPECT_EQ(money_text(before.at(0).hardware), "200") << "at the price of that time";
  EXPECT_TRUE(report({kDayStart + 11 * kHourUs, INT64_MAX}, kDayStart + 10 * kHourUs).empty());
}

}  // namespace
}  // namespace ferry::cli
