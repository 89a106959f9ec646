#include "base/core/json.h"

#include <charconv>
#include <cmath>

#include <boost/json/stream_parser.hpp>

#include "base/core/utf8.h"

namespace ferry {
namespace {

struct Position {
  size_t line = 1;
  size_t column = 1;
};

Position position_of(std::string_view text, size_t offset) {
  Position position;
  for (const char c : text.substr(0, offset)) {
    ++position.column;
    if (c == '\n') position = {position.line + 1, 1};
  }
  return position;
}

template <class T>
struct Kind;
template <>
struct Kind<bool> {
  static constexpr const char* name = "true or false";
  static std::optional<bool> get(const json::value& v) {
    if (!v.is_bool()) return std::nullopt;
    return v.get_bool();
  }
};
template <>
struct Kind<int64_t> {
  static constexpr const char* name = "an integer";
  static std::optional<int64_t> get(const json::value& v) {
    if (v.is_int64()) return v.get_int64();
    // 8192.0 is an integer to every Python program that wrote it so.
    if (v.is_double() && v.get_double() == std::floor(v.get_double()) && std::abs(v.get_double()) < 9e15) {
      return static_cast<int64_t>(v.get_double());
    }
    return std::nullopt;
  }
};
template <>
struct Kind<double> {
  static constexpr const char* name = "a number";
  static std::optional<double> get(const json::value& v) {
    if (!v.is_number()) return std::nullopt;
    return v.to_number<double>();
  }
};
template <>
struct Kind<std::string_view> {
  static constexpr const char* name = "a string";
  static std::optional<std::string_view> get(const json::value& v) {
    if (!v.is_string()) return std::nullopt;
    return std::string_view(v.get_string());
  }
};
template <>
struct Kind<std::string> {
  static constexpr const char* name = "a string";
  static std::optional<std::string> get(const json::value& v) {
    if (!v.is_string()) return std::nullopt;
    return std::string(std::string_view(v.get_string()));
  }
};
template <>
struct Kind<const json::object*> {
  static constexpr const char* name = "an object";
  static std::optional<const json::object*> get(const json::value& v) {
    if (!v.is_object()) return std::nullopt;
    return &v.get_object();
  }
};
template <>
struct Kind<const json::array*> {
  static constexpr const char* name = "an array";
  static std::optional<const json::array*> get(const json::value& v) {
    if (!v.is_array()) return std::nullopt;
    return &v.get_array();
  }
};

}  // namespace

Result<json::value> parse_json(std::string_view text, std::string_view source, JsonLimits limits) {
  if (text.size() > limits.max_bytes) {
    return fail(ErrorCode::resource_exhausted, "{}: {} bytes of JSON, more than the {} allowed", source,
                text.size(), limits.max_bytes);
  }
  json::parse_options options;
  options.max_depth = limits.max_depth;
  json::stream_parser parser({}, options);
  boost::system::error_code error;
  const size_t consumed = parser.write_some(text.data(), text.size(), error);
  if (!error && consumed < text.size()) error = json::error::extra_data;
  if (!error) parser.finish(error);
  if (error) {
    const Position at = position_of(text, std::min(consumed, text.size()));
    return fail(ErrorCode::invalid_argument, "{}:{}:{}: not valid JSON: {}", source, at.line, at.column,
                error.message());
  }
  return parser.release();
}

std::string_view json_kind(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "a boolean";
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_:
      return "a number";
    case json::kind::string:
      return "a string";
    case json::kind::array:
      return "an array";
    case json::kind::object:
      return "an object";
  }
  return "?";
}

template <class T>
Result<std::optional<T>> json_optional(const json::object& object, std::string_view key,
                                       std::string_view where) {
  const json::value* found = object.if_contains(key);
  if (found == nullptr || found->is_null()) return std::optional<T>();
  if (std::optional<T> got = Kind<T>::get(*found)) return got;
  return fail(ErrorCode::invalid_argument, "{}: \"{}\" must be {}, not {}", where, key, Kind<T>::name,
              json_kind(*found));
}

template <class T>
Result<T> json_require(const json::object& object, std::string_view key, std::string_view where) {
  FERRY_TRY(std::optional<T> got, json_optional<T>(object, key, where));
  if (got) return *std::move(got);
  return fail(ErrorCode::invalid_argument, "{}: \"{}\" is missing; it must be {}", where, key, Kind<T>::name);
}

#define FERRY_JSON_TYPE(T)                                                                     \
  template Result<T> json_require<T>(const json::object&, std::string_view, std::string_view); \
  template Result<std::optional<T>> json_optional<T>(const json::object&, std::string_view, std::string_view);
FERRY_JSON_TYPE(bool)
FERRY_JSON_TYPE(int64_t)
FERRY_JSON_TYPE(double)
FERRY_JSON_TYPE(std::string)
FERRY_JSON_TYPE(std::string_view)
FERRY_JSON_TYPE(const json::object*)
FERRY_JSON_TYPE(const json::array*)
#undef FERRY_JSON_TYPE

void JsonWriter::separate() {
  if (need_comma_) out_.push_back(',');
  need_comma_ = true;
}

void JsonWriter::begin_object() {
  separate();
  out_.push_back('{');
  need_comma_ = false;
}

void JsonWriter::end_object() {
  out_.push_back('}');
  need_comma_ = true;
}

void JsonWriter::begin_array() {
  separate();
  out_.push_back('[');
  need_comma_ = false;
}

void JsonWriter::end_array() {
  out_.push_back(']');
  need_comma_ = true;
}

void JsonWriter::key(std::string_view name) {
  value(name);
  out_.push_back(':');
  need_comma_ = false;
}

void JsonWriter::value(std::string_view text) {
  separate();
  std::string repaired;
  if (!is_valid_utf8(text)) text = repaired = replace_invalid_utf8(text);
  out_.push_back('"');
  for (const char c : text) {
    switch (c) {
      case '"':
        out_.append("\\\"");
        break;
      case '\\':
        out_.append("\\\\");
        break;
      case '\n':
        out_.append("\\n");
        break;
      case '\r':
        out_.append("\\r");
        break;
      case '\t':
        out_.append("\\t");
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          fmt::format_to(std::back_inserter(out_), "\\u{:04x}", static_cast<unsigned>(c));
        } else {
          out_.push_back(c);
        }
    }
  }
  out_.push_back('"');
}

void JsonWriter::value(bool flag) {
  separate();
  out_.append(flag ? "true" : "false");
}

namespace {

template <class Float>
void append_number(std::string& out, Float number) {
  if (!std::isfinite(number)) {
    out.append("null");
    return;
  }
  char digits[64];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

}  // namespace

void JsonWriter::value(double number) {
  separate();
  append_number(out_, number);
}

void JsonWriter::value(float number) {
  separate();
  append_number(out_, number);
}

void JsonWriter::null() {
  separate();
  out_.append("null");
}

void JsonWriter::raw(std::string_view json_text) {
  separate();
  out_.append(json_text);
}

void JsonWriter::value(const json::value& document) {
  switch (document.kind()) {
    case json::kind::null:
      return null();
    case json::kind::bool_:
      return value(document.get_bool());
    case json::kind::int64:
      return value(document.get_int64());
    case json::kind::uint64:
      return value(document.get_uint64());
    case json::kind::double_:
      return value(document.get_double());
    case json::kind::string:
      return value(std::string_view(document.get_string()));
    case json::kind::array:
      begin_array();
      for (const json::value& item : document.get_array()) value(item);
      return end_array();
    case json::kind::object:
      begin_object();
      for (const auto& item : document.get_object()) member(item.key(), item.value());
      return end_object();
  }
}

std::string to_json(const json::value& document) {
  std::string out;
  JsonWriter(out).value(document);
  return out;
}

}  // namespace ferry
