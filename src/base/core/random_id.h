#pragma once

#include <string>
#include <string_view>

namespace ferry {

// `prefix` and 128 random bits in hexadecimal: unique, not secret. Any thread.
std::string random_id(std::string_view prefix);

}  // namespace ferry
