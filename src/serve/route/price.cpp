#include "serve/route/price.h"

#include <algorithm>
#include <limits>

#include "base/core/money.h"

namespace ferry {
namespace {

using Wide = __int128;

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
constexpr int64_t kPerMillion = 1'000'000;
constexpr Nanomoney kMostPrice = 1'000'000'000'000'000'000;  // what parse_money() reads

int64_t saturated(Wide value) {
  return value > kMost ? kMost : static_cast<int64_t>(value);
}

Wide round_up(Wide numerator, Wide denominator) {
  return (numerator + denominator - 1) / denominator;
}

int64_t not_negative(int64_t value) {
  return std::max<int64_t>(value, 0);
}

// Tokens of everything but the template, counted or bounded.
int64_t prompt_tokens(const RequestSize& size, int64_t of_text) {
  const Wide images = Wide{not_negative(size.images)} * kTokensPerImage;
  const Wide text = size.prompt_tokens ? not_negative(*size.prompt_tokens) : Wide{of_text};
  return saturated(text + images);
}

}  // namespace

PriceHistory::PriceHistory(std::vector<DatedPrice> prices) : prices_(std::move(prices)) {
  for (size_t i = 1; i < prices_.size(); ++i) FERRY_CHECK(prices_[i - 1].from < prices_[i].from);
}

const DatedPrice* PriceHistory::at(int64_t unix_s) const {
  const auto later =
      std::upper_bound(prices_.begin(), prices_.end(), unix_s,
                       [](int64_t time, const DatedPrice& price) { return time < price.from; });
  return later == prices_.begin() ? nullptr : &*(later - 1);
}

BilledTokens billed(const Usage& usage) {
  const int64_t all = not_negative(usage.prompt_tokens);
  const int64_t cached = std::min(not_negative(usage.cached_tokens), all);
  const int64_t written = std::min(not_negative(usage.cache_written_tokens), all - cached);
  const int64_t for_an_hour = std::min(not_negative(usage.cache_written_1h_tokens), written);
  return {.input = all - cached - written,
          .cached_input = cached,
          .cache_write = written - for_an_hour,
          .cache_write_1h = for_an_hour,
          .output = not_negative(usage.completion_tokens)};
}

int64_t cost(const BilledTokens& tokens, const Price& price) {
  Wide sum = 0;  // five products of 2^63 and 2^60 at most
  const auto add = [&sum](int64_t count, int64_t per_million) {
    sum += Wide{not_negative(count)} * std::clamp<int64_t>(per_million, 0, kMostPrice);
  };
  add(tokens.input, price.input);
  add(tokens.cached_input, price.cached_input);
  add(tokens.cache_write, price.cache_write);
  add(tokens.cache_write_1h, price.cache_write_1h);
  add(tokens.output, price.output);
  return saturated(round_up(sum, kPerMillion));
}

int64_t most_prompt_tokens(const RequestSize& size) {
  const Wide text = Wide{not_negative(size.prompt_bytes)} + Wide{not_negative(size.pieces)} * kTokensPerPiece;
  return prompt_tokens(size, saturated(text));
}

int64_t likely_prompt_tokens(const RequestSize& size) {
  return prompt_tokens(size, saturated(round_up(Wide{not_negative(size.prompt_bytes)} * 2, 7)));
}

int64_t reserve_estimate(const RequestSize& size, const Price& price, std::optional<int64_t> max_output) {
  const int64_t asked = not_negative(size.max_tokens.value_or(max_output.value_or(kAssumedOutput)));
  const int64_t each = std::min(asked, not_negative(max_output.value_or(asked)));
  const int64_t output = saturated(Wide{each} * std::max<int64_t>(size.answers, 1));
  const int64_t dearest =
      std::max({price.input, price.cached_input, price.cache_write, price.cache_write_1h});
  return cost({.input = most_prompt_tokens(size), .output = output},
              {.input = dearest, .output = price.output});
}

OwnModelPrice own_model_price(const HardwarePrice& hardware, int64_t period_s, int64_t tokens_served) {
  constexpr int64_t kHour = 3600;
  const Wide hour_million = Wide{std::clamp<int64_t>(hardware.nano_per_hour, 0, kMostPrice)} * kPerMillion;
  OwnModelPrice price;
  if (tokens_served > 0) {
    // 2^60 · 2^20 stays below 2^127 for periods up to a million years.
    const int64_t period = std::min<int64_t>(not_negative(period_s), int64_t{1} << 45);
    price.served = saturated(round_up(hour_million * period, Wide{kHour} * tokens_served));
  }
  if (hardware.tokens_per_s.value_or(0) > 0) {
    price.full_load = saturated(round_up(hour_million, Wide{kHour} * *hardware.tokens_per_s));
  }
  return price;
}

}  // namespace ferry
