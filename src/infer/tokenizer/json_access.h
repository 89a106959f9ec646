#pragma once
// Reading the members of tokenizer.json: a step is an object with a "type".

#include <string>
#include <string_view>

#include "base/core/json.h"
#include "infer/tokenizer/pre_tokenizer.h"

namespace ferry {

inline Result<const json::object*> json_object_at(const json::value& value, std::string_view where) {
  if (value.is_object()) return &value.get_object();
  return fail(ErrorCode::invalid_argument, "{} must be an object, not {}", where, json_kind(value));
}

template <class T>
Result<T> json_or(const json::object& object, std::string_view key, T otherwise, std::string_view where) {
  FERRY_TRY(const auto found, json_optional<T>(object, key, where));
  return found.value_or(otherwise);
}

// The step's "pattern": {"String": ...} or {"Regex": ...}.
Result<std::unique_ptr<Matcher>> matcher_from_json(const json::object& step, std::string_view where);

// The fields that Metaspace has as pre-tokenizer and as decoder, old and new spellings.
struct MetaspaceFields {
  std::string replacement;
  PrependScheme prepend = PrependScheme::always;
  bool split = true;
};
Result<MetaspaceFields> metaspace_from_json(const json::object& step, std::string_view where);

}  // namespace ferry
