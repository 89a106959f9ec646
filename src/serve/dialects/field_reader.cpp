#include "serve/dialects/field_reader.h"

#include <cmath>
#include <limits>

namespace ferry {
namespace {

constexpr size_t kMaxQuotedName = 64;
constexpr size_t kMaxUnknown = 32;

std::optional<int64_t> integer_of(const json::value& value) {
  if (value.is_int64()) return value.get_int64();
  // 16.0 is an integer to those whose language has one kind of number.
  if (!value.is_double()) return std::nullopt;
  const double number = value.get_double();
  if (number != std::floor(number) || std::abs(number) > 9e15) return std::nullopt;
  return static_cast<int64_t>(number);
}

bool asks_for_nothing(const json::value& value, std::string_view neutral) {
  if (value.is_null()) return true;
  if (value.is_array()) return value.get_array().empty();
  if (value.is_object()) return value.get_object().empty();
  return !neutral.empty() && to_json(value) == neutral;
}

const char* reason_of(ErrorCode code) {
  return code == ErrorCode::unsupported ? "unsupported_parameter" : "invalid_value";
}

}  // namespace

FieldReader::FieldReader(const json::object& object, std::string path)
    : object_(object), path_(std::move(path)), marks_(object.size(), Mark::unknown) {}

FieldReader::Mark* FieldReader::mark_of(std::string_view name) {
  const auto member = object_.find(name);
  return member == object_.end() ? nullptr : &marks_[static_cast<size_t>(member - object_.begin())];
}

std::string FieldReader::path_of(std::string_view name) const {
  std::string param = path_ + std::string(name);
  if (name.empty() && param.ends_with('.')) param.pop_back();
  return param;
}

ApiError FieldReader::error_of(std::string_view name, std::string_view message, ErrorCode code) const {
  const std::string param = path_of(name);
  return {{code, fmt::format("{} {}", param, message)}, param, reason_of(code)};
}

void FieldReader::refuse(std::string_view name, std::string_view message, ErrorCode code) {
  if (!failure_) failure_ = error_of(name, message, code);
}

void FieldReader::note(std::string_view name, std::string_view message, Feature feature, ErrorCode code) {
  if (Mark* mark = mark_of(name)) *mark = Mark::left;
  if (failure_) return;
  uses_.push_back({.feature = feature, .field = path_of(name), .refusal = error_of(name, message, code)});
}

void FieldReader::note_hint(std::string_view name, Feature feature) {
  if (!failure_) uses_.push_back({.feature = feature, .field = path_of(name)});
}

void FieldReader::note_unknown(Feature feature) {
  size_t i = 0;
  for (const auto& member : object_) {
    if (marks_[i++] == Mark::unknown && !asks_for_nothing(member.value(), ""))
      note_hint(member.key(), feature);
  }
}

void FieldReader::settle() {
  for (FeatureUse& use : uses_) {
    if (!use.refusal) continue;
    failure_ = std::move(use.refusal);  // met before any failure: nothing is noted after one
    return;
  }
}

void FieldReader::refuse_missing(std::string_view name, std::string_view message) {
  const bool first = !failure_;
  refuse(name, message);
  if (first) failure_->reason = "missing_required_parameter";
}

void FieldReader::take_failure(const FieldReader& inner) {
  uses_.insert(uses_.end(), inner.uses_.begin(), inner.uses_.end());
  if (inner.failed()) take_failure(inner.failure());
}

void FieldReader::take_member(std::string_view name, const FieldReader& inner) {
  if (Mark* mark = mark_of(name); mark != nullptr && !inner.uses_.empty()) *mark = Mark::left;
  take_failure(inner);
}

void FieldReader::take_failure(ApiError error) {
  if (!failure_) failure_ = std::move(error);
}

void FieldReader::refuse_kind(std::string_view name, std::string_view wanted, const json::value& value) {
  const bool first = !failure_;
  refuse(name, fmt::format("must be {}, not {}", wanted, json_kind(value)));
  if (first) failure_->reason = "invalid_type";
}

const json::value* FieldReader::find(std::string_view name) const {
  const json::value* value = failure_ ? nullptr : object_.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

const json::value* FieldReader::get(std::string_view name) {
  if (Mark* mark = mark_of(name); mark != nullptr && *mark == Mark::unknown) *mark = Mark::read;
  return find(name);
}

std::optional<bool> FieldReader::boolean(std::string_view name) {
  const json::value* value = get(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_bool()) return value->get_bool();
  refuse_kind(name, "true or false", *value);
  return std::nullopt;
}

std::optional<double> FieldReader::number(std::string_view name, double least, double most) {
  const json::value* value = get(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number()) {
    refuse_kind(name, "a number", *value);
    return std::nullopt;
  }
  const auto number = value->to_number<double>();
  if (number >= least && number <= most) return number;
  refuse(name, fmt::format("must be {} to {}, not {}", least, most, number));
  return std::nullopt;
}

std::optional<int64_t> FieldReader::integer(std::string_view name, int64_t least, int64_t most) {
  const json::value* value = get(name);
  if (value == nullptr) return std::nullopt;
  const std::optional<int64_t> number = integer_of(*value);
  if (!number) {
    if (value->is_number()) {
      refuse(name, fmt::format("must be an integer, not {}", to_json(*value)));
    } else {
      refuse_kind(name, "an integer", *value);
    }
    return std::nullopt;
  }
  if (*number >= least && *number <= most) return number;
  refuse(name, fmt::format("must be {} to {}, not {}", least, most, *number));
  return std::nullopt;
}

std::optional<std::string> FieldReader::text(std::string_view name) {
  const json::value* value = get(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return std::string(std::string_view(value->get_string()));
  refuse_kind(name, "a string", *value);
  return std::nullopt;
}

const json::object* FieldReader::object(std::string_view name) {
  const json::value* value = get(name);
  if (value == nullptr) return nullptr;
  if (value->is_object()) return &value->get_object();
  refuse_kind(name, "an object", *value);
  return nullptr;
}

const json::array* FieldReader::array(std::string_view name) {
  const json::value* value = get(name);
  if (value == nullptr) return nullptr;
  if (value->is_array()) return &value->get_array();
  refuse_kind(name, "an array", *value);
  return nullptr;
}

std::vector<int32_t> FieldReader::tokens(std::string_view name, size_t most) {
  std::vector<int32_t> ids;
  const json::array* items = array_up_to(name, most, "tokens");
  if (items == nullptr) return ids;
  for (const json::value& item : *items) {
    const bool is_id =
        item.is_int64() && item.get_int64() >= 0 && item.get_int64() <= std::numeric_limits<int32_t>::max();
    if (!is_id) {
      refuse(name, "must be an array of token ids");
      break;
    }
    ids.push_back(static_cast<int32_t>(item.get_int64()));
  }
  return ids;
}

std::vector<std::string> FieldReader::texts(std::string_view name, size_t most) {
  std::vector<std::string> texts;
  const json::array* items = array_up_to(name, most, "strings");
  if (items == nullptr) return texts;
  for (const json::value& item : *items) {
    if (!item.is_string()) {
      refuse(name, "must be an array of strings");
      break;
    }
    texts.emplace_back(std::string_view(item.get_string()));
  }
  return texts;
}

const json::array* FieldReader::array_up_to(std::string_view name, size_t most, std::string_view what) {
  const json::array* items = array(name);
  if (items == nullptr || items->size() <= most) return items;
  refuse(name, fmt::format("has more than {} {}", most, what));
  return nullptr;
}

void FieldReader::accept(std::span<const std::string_view> names, Feature feature) {
  for (const std::string_view name : names) {
    Mark* mark = mark_of(name);
    if (mark == nullptr || *mark != Mark::unknown) continue;  // not there, or read
    *mark = Mark::left;
    const json::value* value = find(name);
    if (value == nullptr || asks_for_nothing(*value, "")) continue;
    uses_.push_back({.feature = feature, .field = path_of(name)});
  }
}

void FieldReader::refuse_unsupported(std::span<const UnsupportedField> fields, std::string_view why) {
  for (const UnsupportedField& field : fields) {
    Mark* mark = mark_of(field.name);
    if (mark == nullptr) continue;
    if (*mark == Mark::unknown) *mark = Mark::left;
    const json::value* value = find(field.name);
    if (value == nullptr || asks_for_nothing(*value, field.neutral)) continue;
    const std::string hint = field.neutral.empty() ? "" : fmt::format(" (other than {})", field.neutral);
    note(field.name, fmt::format("{}{}; leave it out", why, hint), Feature::foreign);
  }
}

std::vector<std::string> FieldReader::unknown() const {
  std::vector<std::string> names;
  size_t i = 0;
  for (const auto& member : object_) {
    if (marks_[i++] != Mark::unknown || names.size() == kMaxUnknown) continue;
    names.emplace_back(std::string_view(member.key()).substr(0, kMaxQuotedName));
  }
  return names;
}

json::object FieldReader::take_rest() {
  size_t i = 0;
  for (const auto& member : object_) {
    if (marks_[i++] == Mark::unknown)
      uses_.push_back({.feature = Feature::unknown, .field = path_of(member.key())});
  }
  return rest();
}

json::object FieldReader::rest() const {
  json::object rest;
  size_t i = 0;
  for (const auto& member : object_) {
    if (marks_[i++] != Mark::read) rest.emplace(member.key(), member.value());
  }
  return rest;
}

}  // namespace ferry
