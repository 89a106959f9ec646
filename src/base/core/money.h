#pragma once
// Amounts of money: whole billionths, so that sums are exact.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/core/result.h"

namespace ferry {

// Billionths of the currency that prices are in (1 USD = 1e9).
using Nanomoney = int64_t;

// "10", "0.25", up to nine decimals and a billion; no sign.
Result<Nanomoney> parse_money(std::string_view text);
// The shortest form that parse_money() reads back: "10", "0.25"; and "-0.5".
std::string money_text(Nanomoney amount);

}  // namespace ferry
