// Strings, numbers, booleans and null as one regular language.

#include <algorithm>

#include "infer/grammar/schema_compiler.h"

namespace ferry {
namespace {

bool same_value(const json::value& a, const json::value& b) {
  if (a.is_number() && b.is_number()) return Decimal::of(a) == Decimal::of(b);
  if (a.kind() != b.kind()) return false;
  if (a.is_string()) return a.get_string() == b.get_string();
  if (a.is_bool()) return a.get_bool() == b.get_bool();
  return a.is_null();
}

}  // namespace

// The scalars that all enum and const of the branch list; nothing when there is no such list.
std::optional<std::vector<const json::value*>> SchemaCompiler::listed_values(const Branch& branch) const {
  std::optional<std::vector<const json::value*>> listed;
  const auto keep = [&](std::span<const json::value> values) {
    std::vector<const json::value*> kept;
    for (const json::value& value : values) {
      if (value.is_structured()) continue;
      const bool stays =
          !listed || std::any_of(listed->begin(), listed->end(),
                                 [&](const json::value* other) { return same_value(value, *other); });
      if (stays) kept.push_back(&value);
    }
    listed = std::move(kept);
  };
  for (const Leaf& leaf : branch) {
    if (leaf.values_are_choices) continue;
    if (const json::value* value = leaf.schema->if_contains("const")) keep({value, 1});
    if (const json::value* list = leaf.schema->if_contains("enum")) {
      keep({list->get_array().data(), list->get_array().size()});
    }
  }
  return listed;
}

// The scalars that the branch forbids.
std::vector<const json::value*> SchemaCompiler::excluded_values(const Branch& branch) {
  std::vector<const json::value*> excluded;
  for (const Leaf& leaf : branch) {
    const json::value* list = leaf.schema->if_contains("!values");
    if (list == nullptr) continue;
    for (const json::value& value : list->get_array()) excluded.push_back(&value);
  }
  return excluded;
}

Result<SchemaCompiler::Scalars> SchemaCompiler::scalars_of(const Branch& branch, uint8_t types) {
  Scalars scalars;
  const auto excluded = excluded_values(branch);
  const auto is_excluded = [&](const json::value& value) {
    return std::any_of(excluded.begin(), excluded.end(),
                       [&](const json::value* e) { return same_value(*e, value); });
  };
  if (auto values = listed_values(branch)) {
    std::erase_if(*values, [&](const json::value* value) { return is_excluded(*value); });
    FERRY_TRY(scalars.texts, listed_scalars(branch, types, *values));
    return scalars;
  }
  std::vector<RegexId> texts;
  if ((types & kNull) != 0 && !is_excluded(nullptr)) texts.push_back(parts_.pool.literal("null"));
  for (const bool flag : {true, false}) {
    if ((types & kBoolean) != 0 && !is_excluded(flag))
      texts.push_back(parts_.pool.literal(flag ? "true" : "false"));
  }
  if ((types & kString) != 0) {
    FERRY_TRY(const auto content, string_content(branch));
    texts.push_back(content ? text_.quoted(*content) : text_.any_string());
  }
  if ((types & (kInteger | kFraction)) != 0) {
    FERRY_TRY_VOID(add_numbers(branch, types, scalars));
    texts.push_back(scalars.texts);
  }
  scalars.texts = parts_.pool.alt(std::move(texts));
  return scalars;
}

// What stands between the quotes of those strings in the list that the branch's other keywords allow.
Result<std::vector<std::string>> SchemaCompiler::listed_strings(
    const Branch& branch, const std::vector<const json::value*>& values) {
  std::vector<std::string> kept;
  const bool has_string =
      std::any_of(values.begin(), values.end(), [](const json::value* value) { return value->is_string(); });
  if (!has_string) return kept;
  FERRY_TRY(const auto content, string_content(branch));
  for (const json::value* value : values) {
    if (!value->is_string()) continue;
    std::string inside = canonical_content(value->get_string());
    if (!content || parts_.pool.matches(*content, inside)) kept.push_back(std::move(inside));
  }
  return kept;
}

Result<RegexId> SchemaCompiler::listed_scalars(const Branch& branch, uint8_t types,
                                               const std::vector<const json::value*>& values) {
  std::vector<std::string> kept;
  if ((types & kString) != 0) {
    FERRY_TRY(const std::vector<std::string> strings, listed_strings(branch, values));
    for (const std::string& inside : strings) kept.push_back(fmt::format("\"{}\"", inside));
  }
  FERRY_TRY(const Numbers numbers, numbers_in(branch));
  for (const json::value* value : values) {
    if (value->is_number()) {
      const Decimal number = Decimal::of(*value);
      FERRY_TRY(const bool fits, allows_number(numbers, *value));
      if (fits && (types & (number.is_whole() ? kInteger : kFraction)) != 0) kept.push_back(number.text());
    } else if (!value->is_string() && (types & (value->is_null() ? kNull : kBoolean)) != 0) {
      kept.push_back(to_json(*value));
    }
  }
  return parts_.pool.literals(std::vector<std::string_view>(kept.begin(), kept.end()));
}

}  // namespace ferry
