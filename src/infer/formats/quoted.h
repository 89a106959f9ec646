#pragma once
// Names that come from files, made fit for a message.

#include <string>
#include <string_view>

namespace ferry {

// "name" in quotes, control characters and invalid UTF-8 escaped, cut after 100 bytes.
std::string quoted_name(std::string_view name);

}  // namespace ferry
