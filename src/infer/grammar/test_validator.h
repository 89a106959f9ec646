#pragma once
// A JSON Schema validator for tests: straight from the specification, for the keywords that random_schema.h
// uses.

#include <cmath>
#include <string>

#include "base/core/json.h"
#include "base/core/utf8.h"
#include "infer/grammar/test_pcre.h"

namespace ferry {

class TestValidator {
 public:
  explicit TestValidator(const json::value& root) : root_(root) {}

  bool valid(const json::value& value) const { return valid(value, root_); }

 private:
  bool valid(const json::value& value, const json::value& schema) const {
    if (schema.is_bool()) return schema.get_bool();
    const json::object& s = schema.get_object();
    if (const auto* ref = s.if_contains("$ref")) {
      const std::string_view name = std::string_view(ref->get_string()).substr(8);  // #/$defs/
      if (!valid(value, root_.at("$defs").at(name))) return false;
    }
    if (const auto* type = s.if_contains("type"); type != nullptr && !has_type(value, type->get_string()))
      return false;
    if (const auto* list = s.if_contains("enum")) {
      bool found = false;
      for (const json::value& one : list->get_array()) found = found || one == value;
      if (!found) return false;
    }
    if (const auto* parts = s.if_contains("allOf")) {
      for (const json::value& part : parts->get_array()) {
        if (!valid(value, part)) return false;
      }
    }
    if (const auto* parts = s.if_contains("anyOf")) {
      bool any = false;
      for (const json::value& part : parts->get_array()) any = any || valid(value, part);
      if (!any) return false;
    }
    if (value.is_string()) return valid_string(std::string(value.get_string()), s);
    if (value.is_number()) return valid_number(value.to_number<double>(), s);
    if (value.is_array()) return valid_array(value.get_array(), s);
    if (value.is_object()) return valid_object(value.get_object(), s);
    return true;
  }

  static bool has_type(const json::value& value, std::string_view type) {
    if (type == "integer")
      return value.is_number() && std::floor(value.to_number<double>()) == value.to_number<double>();
    if (type == "number") return value.is_number();
    if (type == "null") return value.is_null();
    if (type == "boolean") return value.is_bool();
    return type == "string" ? value.is_string() : type == "array" ? value.is_array() : value.is_object();
  }

  static double number_of(const json::object& s, std::string_view key, double otherwise) {
    const auto* value = s.if_contains(key);
    return value == nullptr ? otherwise : value->to_number<double>();
  }

  static bool matches(const std::string& text, std::string_view pattern) {
    return Pcre(std::string(pattern)).matches(text, false);
  }

  static bool valid_format(const std::string& text, std::string_view format) {
    if (format == "date") return matches(text, "^\\d{4}-\\d\\d-\\d\\d$");
    if (format == "time") return matches(text, "^\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)$");
    if (format == "date-time") {
      return matches(text, "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)$");
    }
    if (format == "email") return matches(text, "^[^@ ]+@[a-zA-Z0-9.-]+$");
    if (format == "uuid") return matches(text, "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$");
    if (format == "ipv4") return matches(text, "^(\\d{1,3}\\.){3}\\d{1,3}$");
    if (format == "uri") return matches(text, "^[a-zA-Z][a-zA-Z0-9+.-]*:[^ <>\"]*$");
    return false;
  }

  static bool valid_string(const std::string& text, const json::object& s) {
    double characters = 0;
    for (size_t at = 0; at < text.size(); at += decode_utf8(text, at).bytes) ++characters;
    if (characters < number_of(s, "minLength", 0) || characters > number_of(s, "maxLength", 1e9))
      return false;
    const auto* pattern = s.if_contains("pattern");
    if (pattern != nullptr && !matches(text, pattern->get_string())) return false;
    const auto* format = s.if_contains("format");
    return format == nullptr || valid_format(text, format->get_string());
  }

  static bool valid_number(double number, const json::object& s) {
    if (number < number_of(s, "minimum", -INFINITY) || number > number_of(s, "maximum", INFINITY))
      return false;
    if (number <= number_of(s, "exclusiveMinimum", -INFINITY)) return false;
    if (number >= number_of(s, "exclusiveMaximum", INFINITY)) return false;
    const double step = number_of(s, "multipleOf", 0);
    if (step == 0) return true;
    const double steps = number / step;
    return std::abs(steps) > 1e15 ||
           std::abs(steps - std::round(steps)) < 1e-6 * std::max(1.0, std::abs(steps));
  }

  bool valid_array(const json::array& items, const json::object& s) const {
    const auto count = static_cast<double>(items.size());
    if (count < number_of(s, "minItems", 0) || count > number_of(s, "maxItems", 1e9)) return false;
    const auto* first = s.if_contains("prefixItems");
    const size_t own = first == nullptr ? 0 : first->get_array().size();
    for (size_t i = 0; i < items.size(); ++i) {
      const json::value* schema = i < own ? &first->get_array()[i] : s.if_contains("items");
      if (schema != nullptr && !valid(items[i], *schema)) return false;
    }
    return true;
  }

  bool valid_object(const json::object& members, const json::object& s) const {
    if (const auto* required = s.if_contains("required")) {
      for (const json::value& name : required->get_array()) {
        if (!members.contains(name.get_string())) return false;
      }
    }
    for (const auto& member : members) {
      bool spoken = false;
      if (const auto* properties = s.if_contains("properties")) {
        const auto* own = properties->get_object().if_contains(member.key());
        if (own != nullptr && !valid(member.value(), *own)) return false;
        spoken = own != nullptr;
      }
      if (const auto* patterns = s.if_contains("patternProperties")) {
        for (const auto& pattern : patterns->get_object()) {
          if (!matches(std::string(member.key()), pattern.key())) continue;
          if (!valid(member.value(), pattern.value())) return false;
          spoken = true;
        }
      }
      const auto* others = s.if_contains("additionalProperties");
      if (!spoken && others != nullptr && !valid(member.value(), *others)) return false;
    }
    return true;
  }

  const json::value& root_;
};

}  // namespace ferry
