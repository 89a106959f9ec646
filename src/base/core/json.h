#pragma once
// JSON in: Boost.JSON's ordered document, with limits and errors that name the place. JSON out: an append
// writer that prints numbers as people and other programs expect (Boost.JSON prints 0.7 as 7E-1).
//
// Boost.JSON's doubles may be off by one in the last bit from 15 digits on; nothing here needs more.

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

#include "base/core/result.h"

namespace ferry {

namespace json = boost::json;

struct JsonLimits {
  size_t max_bytes = size_t{256} << 20;
  size_t max_depth = 64;
};

// Parses one JSON text (valid UTF-8, nothing after it). Errors: "<source>:<line>:<column>: what".
Result<json::value> parse_json(std::string_view text, std::string_view source, JsonLimits limits = {});

// Typed access to an object's members; errors read "<where>: \"key\" must be ..., not ...".
// T is bool, int64_t, double, std::string, std::string_view, const json::object*, const json::array*;
// views and pointers live as long as the object. json_optional treats null as absent.
template <class T>
Result<T> json_require(const json::object& object, std::string_view key, std::string_view where);
template <class T>
Result<std::optional<T>> json_optional(const json::object& object, std::string_view key,
                                       std::string_view where);

// "object", "string", ...: for messages.
std::string_view json_kind(const json::value& value);

// Appends JSON text to a string it does not own.
//   JsonWriter w(out); w.begin_object(); w.member("n", 3); w.key("a"); w.begin_array(); ... w.end_array();
//   w.end_object();
// Strings are written as given (valid UTF-8 expected; invalid bytes become U+FFFD); NaN and infinities become
// null.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  void begin_object();
  void end_object();
  void begin_array();
  void end_array();
  void key(std::string_view name);

  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(bool flag);
  void value(double number);
  void value(float number);
  void value(std::integral auto number) { integer(number); }
  void value(const json::value& document);
  void null();
  // Text that is JSON already.
  void raw(std::string_view json_text);

  template <class T>
  void member(std::string_view name, const T& v) {
    key(name);
    value(v);
  }

 private:
  void integer(std::integral auto number) {
    separate();
    fmt::format_to(std::back_inserter(out_), "{}", number);
  }
  void separate();

  std::string& out_;
  bool need_comma_ = false;
};

// `document` as compact text.
std::string to_json(const json::value& document);

}  // namespace ferry
