#include <algorithm>
#include <cmath>

#include "infer/template/filter_tables.h"
#include "infer/template/number_parsing.h"

namespace ferry::jinja {
namespace {

OriginId origin_of(const Value& value) {
  return value.is_string() ? main_origin(*value.text) : value.origin;
}

Value from(const Value& source, Value result) {
  result.origin = origin_of(source);
  return result;
}

Value default_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto [otherwise, boolean] = bind("default", args, {"default_value", "boolean"});
  const bool absent = self.is_undefined() || (bool_argument(boolean, false) && !truthy(self));
  if (!absent) return self;
  return otherwise.is_missing() ? string_value(rt, "") : otherwise;
}

// float(value), for int's second attempt.
std::optional<double> to_float(Runtime& rt, const Value& value) {
  if (value.is_undefined()) raise_undefined(rt, value);
  if (value.is_number()) return as_double(value);
  if (value.is_string()) return parse_python_float(view(rt, *value.text));
  return std::nullopt;
}

Value int_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto [otherwise, base] = bind("int", args, {"default", "base"});
  const Value fallback = otherwise.is_missing() ? Value::of(Int{0}) : otherwise;
  if (self.is_integral()) return from(self, Value::of(self.as_int()));
  if (self.is_string()) {
    const Int radix = int_argument(base, 10);
    const bool valid = radix == 0 || (radix >= 2 && radix <= 36);
    const auto number =
        valid ? parse_python_int(view(rt, *self.text), static_cast<int>(radix)) : std::nullopt;
    if (number) return from(self, Value::of(*number));
  }
  const std::optional<double> number = to_float(rt, self);
  if (!number || !std::isfinite(*number)) return fallback;
  return from(self, Value::of(truncate_to_int(*number)));
}

Value float_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto [otherwise] = bind("float", args, {"default"});
  const Value fallback = otherwise.is_missing() ? Value::of(0.0) : otherwise;
  const std::optional<double> number = to_float(rt, self);
  return number ? from(self, Value::of(*number)) : fallback;
}

Value abs_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("abs", args, 0, 0);
  if (self.is_undefined()) raise("bad operand type for abs(): 'Undefined'");
  if (self.is(Kind::floating)) return Value::of(std::abs(self.floating));
  if (!self.is_integral()) raise("bad operand type for abs(): '{}'", type_name(self));
  return self.as_int() < 0 ? negate(rt, self) : Value::of(self.as_int());
}

// To the nearest multiple of 10^-digits, halves to even: exact decimal digits, then read back.
double round_half_even(double number, int digits) {
  if (!std::isfinite(number) || digits > 323) return number;
  if (digits >= 0) return std::strtod(fmt::format("{:.{}f}", number, digits).c_str(), nullptr);
  if (digits < -308) return std::copysign(0.0, number);
  const double unit = std::pow(10.0, -digits);
  const double quotient = number / unit;
  double rounded = std::round(quotient);
  if (std::abs(quotient - rounded) == 0.5) rounded = 2 * std::round(quotient / 2);
  return rounded * unit;
}

Int round_int(Runtime& rt, Int number, Int digits) {
  if (digits >= 0) return number;
  if (digits < -38) return 0;
  const Int unit = power(rt, Value::of(Int{10}), Value::of(-digits)).integer;
  const Int rest = ((number % unit) + unit) % unit;
  Int down = number - rest;
  const bool up = 2 * rest > unit || (2 * rest == unit && (down / unit) % 2 != 0);
  return up ? down + unit : down;
}

Value round_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto [precision, method] = bind("round", args, {"precision", "method"});
  const std::string_view how = method.is_missing()  ? "common"
                               : method.is_string() ? view(rt, *method.text)
                                                    : "";
  if (how != "common" && how != "ceil" && how != "floor") raise("method must be common, ceil or floor");
  if (self.is_undefined()) raise("type Undefined doesn't define __round__ method");
  if (!self.is_number()) raise("type {} doesn't define __round__ method", type_name(self));
  const Int digits = int_argument(precision, 0);
  if (how == "common") {
    if (self.is_integral()) return Value::of(round_int(rt, self.as_int(), digits));
    return Value::of(round_half_even(self.floating, static_cast<int>(std::clamp<Int>(digits, -400, 400))));
  }
  const Value scale = power(rt, Value::of(Int{10}), Value::of(digits));
  const Value scaled = multiply(rt, self, scale);
  Value whole = scaled;
  if (scaled.is(Kind::floating)) {
    whole =
        Value::of(truncate_to_int(how == "ceil" ? std::ceil(scaled.floating) : std::floor(scaled.floating)));
  }
  return divide(rt, whole, scale);
}

Value attr_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto [name] = bind("attr", args, {"name"}, 1);
  const Text& text = string_argument(rt, name, "attribute name");
  if (self.is(Kind::dict) && find_method(self, view(rt, text)) == nullptr) {
    return undefined_attribute(rt, self, view(rt, text));
  }
  return get_attribute(rt, self, text);
}

Value tojson_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto [ascii, indent, separators, sort_keys] =
      bind("tojson", args, {"ensure_ascii", "indent", "separators", "sort_keys"});
  JsonStyle style;
  style.ascii = bool_argument(ascii, false);
  style.sort_keys = bool_argument(sort_keys, false);
  if (!indent.is_missing() && !indent.is(Kind::none)) {
    style.multiline = true;
    style.item_separator = ",";
    const Value width =
        indent.is_string() ? indent : multiply(rt, string_value(rt, " "), Value::of(int_argument(indent, 0)));
    style.indent = view(rt, *width.text);
  }
  if (!separators.is_missing() && !separators.is(Kind::none)) {
    const auto items = collect(rt, separators)->items;
    if (items.size() != 2) raise("separators must be two strings");
    style.item_separator = view(rt, string_argument(rt, items[0], "item separator"));
    style.key_separator = view(rt, string_argument(rt, items[1], "key separator"));
  }
  return to_json(rt, self, style);
}

}  // namespace

std::span<const NamedFilter> value_filters() {
  static constexpr NamedFilter kFilters[] = {
      {"tojson", tojson_filter}, {"default", default_filter}, {"d", default_filter},   {"int", int_filter},
      {"float", float_filter},   {"abs", abs_filter},         {"round", round_filter}, {"attr", attr_filter}};
  return kFilters;
}

}  // namespace ferry::jinja
