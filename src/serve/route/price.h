#pragma once
// What tokens cost. Money is int64_t billionths of the currency ("nano": 1 USD = 1e9); prices are billionths
// for a million tokens. No binary floating point: an amount is worked out in 128 bits and rounded up once, at
// its end. What does not fit int64_t becomes its greatest value: too dear, never negative.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "serve/dialects/exchange.h"

namespace ferry {

struct Price {
  // For a million tokens.
  int64_t input = 0;
  int64_t cached_input = 0;    // read from the provider's cache
  int64_t cache_write = 0;     // written to it
  int64_t cache_write_1h = 0;  // the same, to be kept for an hour
  int64_t output = 0;

  bool operator==(const Price&) const = default;
};

// What a model of one's own costs is time. `tokens_per_s` is what it makes at full load, prompt and answer
// together; without it there is no price of a token before the period is over.
struct HardwarePrice {
  int64_t nano_per_hour = 0;
  std::optional<int64_t> tokens_per_s = {};

  bool operator==(const HardwarePrice&) const = default;
};

struct DatedPrice {
  int64_t from = 0;  // unix seconds: midnight UTC
  Price price = {};  // of own models: that at full load, or nothing
  std::optional<HardwarePrice> hardware = {};

  bool operator==(const DatedPrice&) const = default;
};

// A target's prices, by their dates. Immutable.
class PriceHistory {
 public:
  PriceHistory() = default;
  // Ascending dates, none twice.
  explicit PriceHistory(std::vector<DatedPrice> prices);

  // The price at that time; null before the first.
  const DatedPrice* at(int64_t unix_s) const;
  const std::vector<DatedPrice>& all() const { return prices_; }
  bool empty() const { return prices_.empty(); }

 private:
  std::vector<DatedPrice> prices_;
};

// Tokens as they are billed: each stands in one of these. What upstreams report may be anything; negative
// numbers count as none.
struct BilledTokens {
  int64_t input = 0;  // neither read from a cache nor written to it
  int64_t cached_input = 0;
  int64_t cache_write = 0;
  int64_t cache_write_1h = 0;
  int64_t output = 0;  // thoughts included
};
BilledTokens billed(const Usage& usage);

// Billionths: sum(tokens · price) / 1e6, rounded up once.
int64_t cost(const BilledTokens& tokens, const Price& price);

// What is known of a request before it is answered.
struct RequestSize {
  int64_t prompt_bytes = 0;                   // of all texts, tools and schemas included
  int64_t pieces = 1;                         // messages and prompts: templates add tokens to each
  std::optional<int64_t> prompt_tokens = {};  // where somebody counted them, images not included
  int64_t images = 0;
  std::optional<int64_t> max_tokens = {};  // of each answer
  int64_t answers = 1;
};

// No request has more prompt tokens than this, images apart: a token is a byte at least, and a template adds
// kTokensPerPiece at most to a message. An image counts kTokensPerImage, more than today's models make of
// one.
int64_t most_prompt_tokens(const RequestSize& size);
// What is likely: three and a half bytes to a token.
int64_t likely_prompt_tokens(const RequestSize& size);

inline constexpr int64_t kTokensPerPiece = 64;
inline constexpr int64_t kTokensPerImage = 4096;
// Of an answer whose length neither the request nor the model's entry limits.
inline constexpr int64_t kAssumedOutput = 4096;

// The most that the request may cost: all prompt tokens at the dearest way to pay for them, and every answer
// as long as it may become. `max_output`: of the model, where it is known; without max_tokens too,
// kAssumedOutput stands in, and whoever reserves must send it along as max_tokens for this to be a bound.
int64_t reserve_estimate(const RequestSize& size, const Price& price, std::optional<int64_t> max_output = {});

// An own model's price of a million tokens over a period: its hardware's cost over the tokens that it served,
// and what that would have been at full load. Both are rounded up.
struct OwnModelPrice {
  std::optional<int64_t> served;     // not set: it served nothing
  std::optional<int64_t> full_load;  // not set: nobody said what full load is
};
OwnModelPrice own_model_price(const HardwarePrice& hardware, int64_t period_s, int64_t tokens_served);

}  // namespace ferry
