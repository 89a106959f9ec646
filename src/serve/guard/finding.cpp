#include "serve/guard/finding.h"

#include <algorithm>
#include <array>

namespace ferry {
namespace {

constexpr std::array<std::string_view, kFindingKinds> kNames{
    "email", "phone", "iban", "card", "national_id", "ip", "secret", "name", "custom", "literal"};

}  // namespace

std::string_view to_string(FindingKind kind) {
  return kNames[static_cast<size_t>(kind)];
}

std::optional<FindingKind> finding_kind(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<FindingKind>(found - kNames.begin());
}

}  // namespace ferry
