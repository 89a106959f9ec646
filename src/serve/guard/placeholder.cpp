#include "serve/guard/placeholder.h"

#include <algorithm>

#include <fmt/format.h>

#include "serve/guard/characters.h"

namespace ferry {

std::string placeholder(FindingKind kind, size_t number) {
  std::string name(to_string(kind));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return fmt::format("[{}_{}]", name, number);
}

std::optional<Finding> find_literal(const Window& window, size_t bracket) {
  size_t at = bracket + 1;
  while (at - bracket < kMaxPlaceholderBytes && (is(window.at(at), kLetter) || window.at(at) == '_')) ++at;
  if (at == bracket + 1 || window.at(at - 1) != '_') return std::nullopt;
  const size_t number = at;
  while (at - bracket < kMaxPlaceholderBytes && is(window.at(at), kDigit)) ++at;
  if (at == number || window.at(at) != ']' || at + 1 - bracket > kMaxPlaceholderBytes) return std::nullopt;
  return Finding{bracket, at + 1, FindingKind::literal, Confidence::certain, "literal"};
}

}  // namespace ferry
