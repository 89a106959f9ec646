#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ferry {

// RFC 4648, with padding.
std::string base64(std::span<const std::byte> bytes);
// The bytes; nothing where the text is not what base64() writes for some bytes.
std::optional<std::vector<std::byte>> from_base64(std::string_view text);

}  // namespace ferry
