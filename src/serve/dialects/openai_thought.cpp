#include "serve/dialects/openai_thought.h"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/ranges.h>

namespace ferry {
namespace {

constexpr auto kEfforts =
    std::to_array<std::string_view>({"none", "minimal", "low", "medium", "high", "xhigh", "max"});

// What a program sends that wants thoughts apart from the text, and as part of it.
constexpr auto kFormats = std::to_array<std::string_view>({"auto", "deepseek", "none"});

template <size_t N>
std::optional<std::string> one_of(FieldReader& fields, std::string_view name,
                                  const std::array<std::string_view, N>& names) {
  std::optional<std::string> text = fields.text(name);
  if (text && std::find(names.begin(), names.end(), *text) == names.end()) {
    fields.note(name, fmt::format("must be one of {}", fmt::join(names, ", ")), Feature::foreign,
                ErrorCode::invalid_argument);
    return std::nullopt;
  }
  return text;
}

// -1, and what is not there: any number of tokens.
void read_budget(FieldReader& fields, std::string_view name, std::optional<int64_t>& budget) {
  const auto tokens = fields.integer(name, -1, std::numeric_limits<int32_t>::max());
  if (tokens.value_or(-1) < 0) return;
  if (budget && *budget != *tokens) fields.refuse(name, "and thinking_token_budget say different things");
  budget = tokens;
}

}  // namespace

void read_openai_thought(FieldReader& fields, ThoughtPolicy& thought) {
  thought.effort = one_of(fields, "reasoning_effort", kEfforts).value_or("");
  read_budget(fields, "thinking_token_budget", thought.budget);
  read_budget(fields, "reasoning_budget_tokens", thought.budget);
  thought.split = one_of(fields, "reasoning_format", kFormats) != "none";
  thought.report = fields.boolean("include_reasoning").value_or(true);
}

}  // namespace ferry
