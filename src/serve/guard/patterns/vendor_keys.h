#pragma once
// Keys that their vendors gave a prefix, as regular expressions.

#include <span>
#include <string_view>

#include "serve/guard/finding.h"

namespace ferry {

struct VendorKey {
  std::string_view rule;
  std::string_view pattern;  // regex_syntax.h; a whole word
  Confidence confidence = Confidence::certain;
};

// The more special first: where two match the same text, the first names it.
std::span<const VendorKey> vendor_keys();

inline constexpr size_t kMaxVendorKeyBytes = 512;

}  // namespace ferry
