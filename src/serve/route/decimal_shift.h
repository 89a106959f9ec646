#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ferry {

// A decimal number times 10^places, exactly: ("2.5e-07", 6) → "0.25". Nothing where it is no decimal number,
// is negative, or has an exponent beyond ±30.
std::optional<std::string> shift_decimal(std::string_view number, int places);

}  // namespace ferry
