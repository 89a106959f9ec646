// Budgets from command lines and files: what is read is printed and read back the same.

#include <cstddef>
#include <cstdint>

#include "serve/accounts/budget.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto amount = ferry::parse_money(text)) {
    FERRY_CHECK(*amount >= 0);
    FERRY_CHECK(ferry::parse_money(ferry::money_text(*amount)) == *amount);
  }
  if (const auto budget = ferry::parse_budget(text)) {
    const auto again = ferry::parse_budget(
        fmt::format("{}/{}", ferry::money_text(budget->amount), to_string(budget->period)));
    FERRY_CHECK(again && again->amount == budget->amount && again->period == budget->period);
  }
  return 0;
}
