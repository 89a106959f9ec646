#pragma once
// Placeholders: "[EMAIL_1]". They stand for what was redacted, and text that looks like one is itself
// replaced ("[LITERAL_1]"), so that what a user wrote is never taken for one of ours.

#include <optional>
#include <string>

#include "serve/guard/finding.h"
#include "serve/guard/window.h"

namespace ferry {

// "[", capital letters and '_', '_', digits, "]"; never longer.
inline constexpr size_t kMaxPlaceholderBytes = 32;

std::string placeholder(FindingKind kind, size_t number);

// At a '[': whether any placeholder could stand there, of whatever kind and number, in any case of letters.
std::optional<Finding> find_literal(const Window& window, size_t bracket);

}  // namespace ferry
