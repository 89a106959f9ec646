#include "infer/model/families/config_reader.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace ferry {
namespace {

constexpr size_t kMaxMembers = size_t{1} << 20;

bool is_neutral(const json::value& value) {
  if (value.is_null()) return true;
  if (const bool* flag = value.if_bool()) return !*flag;
  if (const int64_t* number = value.if_int64()) return *number == 0;
  if (const double* number = value.if_double()) return *number == 0;
  return false;
}

}  // namespace

void ConfigReader::keep(Error error) {
  if (!error_) error_ = std::move(error);
}

Result<void> ConfigReader::result() const {
  if (error_) return tl::unexpected<Error>(*error_);
  return {};
}

void ConfigReader::absorb(const ConfigReader& inner) {
  if (inner.error_) keep(*inner.error_);
}

void ConfigReader::unsupported(std::string_view key, std::string_view what) {
  keep({ErrorCode::unsupported, fmt::format("{}: \"{}\": {} is not supported", where_, key, what)});
}

void ConfigReader::invalid(std::string_view key, std::string_view what) {
  keep({ErrorCode::invalid_argument, fmt::format("{}: \"{}\" {}", where_, key, what)});
}

template <class T>
std::optional<T> ConfigReader::read(std::string_view key) {
  Result<std::optional<T>> value = json_optional<T>(*config_, key, where_);
  if (value) return *std::move(value);
  keep(std::move(value).error());
  return std::nullopt;
}

bool ConfigReader::has(std::string_view key) const {
  const json::value* value = config_->if_contains(key);
  return value != nullptr && !value->is_null();
}

std::optional<int32_t> ConfigReader::optional_count(std::string_view key, int32_t least) {
  const std::optional<int64_t> value = read<int64_t>(key);
  if (!value) return std::nullopt;
  if (*value < least || *value > std::numeric_limits<int32_t>::max()) {
    invalid(key, fmt::format("is {}; it must be from {} to 2147483647", *value, least));
    return std::nullopt;
  }
  return static_cast<int32_t>(*value);
}

int32_t ConfigReader::count(std::string_view key) {
  if (!has(key)) invalid(key, "is missing");
  return optional_count(key).value_or(1);
}

double ConfigReader::number(std::string_view key) {
  if (!has(key)) invalid(key, "is missing");
  return number(key, 1);
}

double ConfigReader::number(std::string_view key, double fallback) {
  return read<double>(key).value_or(fallback);
}

bool ConfigReader::flag(std::string_view key, bool fallback) {
  return read<bool>(key).value_or(fallback);
}

std::string ConfigReader::text(std::string_view key, std::string_view fallback) {
  return read<std::string>(key).value_or(std::string(fallback));
}

std::vector<std::string> ConfigReader::texts(std::string_view key) {
  std::vector<std::string> out;
  const std::optional<const json::array*> list = read<const json::array*>(key);
  if (!list) return out;
  for (const json::value& item : **list) {
    if (!item.is_string()) {
      invalid(key, "must be a list of strings");
      return {};
    }
    out.emplace_back(item.get_string());
  }
  return out;
}

std::vector<int32_t> ConfigReader::token_ids(std::string_view key) {
  std::vector<int32_t> out;
  const auto add = [&](const json::value& item) {
    const int64_t* id = item.if_int64();
    if (id != nullptr && *id >= 0 && *id <= std::numeric_limits<int32_t>::max()) {
      out.push_back(static_cast<int32_t>(*id));
    } else {
      invalid(key, "must be a token number or a list of them");
    }
  };
  const json::value* value = config_->if_contains(key);
  if (value == nullptr || value->is_null()) return out;
  if (const json::array* list = value->if_array()) {
    for (const json::value& item : *list) add(item);
  } else {
    add(*value);
  }
  return out;
}

std::optional<ConfigReader> ConfigReader::member(std::string_view key) {
  const std::optional<const json::object*> object = read<const json::object*>(key);
  if (!object) return std::nullopt;
  return ConfigReader(**object, fmt::format("{}: \"{}\"", where_, key));
}

int32_t ConfigReader::members(std::string_view key, int32_t fallback) {
  const std::optional<const json::object*> object = read<const json::object*>(key);
  return object ? static_cast<int32_t>(std::min<size_t>((*object)->size(), kMaxMembers)) : fallback;
}

void ConfigReader::refuse(std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    const json::value* value = config_->if_contains(key);
    if (value != nullptr && !is_neutral(*value)) unsupported(key, to_json(*value).substr(0, 80));
  }
}

}  // namespace ferry
