#include <cmath>

#include "infer/template/operations.h"

namespace ferry::jinja {
namespace {

[[noreturn]] void unsupported_operands(std::string_view op, const Value& a, const Value& b) {
  raise("unsupported operand type(s) for {}: '{}' and '{}'", op, type_name(a), type_name(b));
}

[[noreturn]] void overflow() {
  raise("an integer beyond 128 bits");
}

void refuse_undefined(Runtime& rt, const Value& a, const Value& b) {
  if (a.is_undefined()) raise_undefined(rt, a);
  if (b.is_undefined()) raise_undefined(rt, b);
}

// Numbers on both sides; raises otherwise.
void expect_numbers(Runtime& rt, std::string_view op, const Value& a, const Value& b) {
  refuse_undefined(rt, a, b);
  if (!a.is_number() || !b.is_number()) unsupported_operands(op, a, b);
}

bool both_integral(const Value& a, const Value& b) {
  return a.is_integral() && b.is_integral();
}

Value add_strings(Runtime& rt, const Text& a, const Text& b) {
  if (!a.markup && !b.markup) return Value::of(concatenate(rt, a, b));
  const Text* left = a.markup ? &a : escape_html(rt, a);
  const Text* right = b.markup ? &b : escape_html(rt, b);
  return Value::of(with_markup(rt, *concatenate(rt, *left, *right), true));
}

Value add_sequences(Runtime& rt, const Value& a, const Value& b) {
  const size_t total = a.list->items.size() + b.list->items.size();
  rt.charge(total);
  auto* items = rt.arena.array<Value>(total);
  std::copy(b.list->items.begin(), b.list->items.end(),
            std::copy(a.list->items.begin(), a.list->items.end(), items));
  List* joined = rt.arena.make<List>();
  joined->items = {items, total};
  return Value::of(a.kind, joined);
}

void check_repeat(Runtime& rt, size_t size, Int count, size_t unit) {
  if (size > 0 && count > static_cast<Int>(rt.arena.max_bytes() / unit / size)) {
    raise_limit("a value would be larger than {} bytes", rt.arena.max_bytes());
  }
}

Value repeat(Runtime& rt, const Value& value, const Value& times) {
  if (!times.is_integral()) raise("can't multiply sequence by non-int of type '{}'", type_name(times));
  const Int count = std::max<Int>(times.as_int(), 0);
  if (value.is_string()) {
    check_repeat(rt, value.text->bytes, count, 1);
    TextBuilder out(rt);
    for (Int i = 0; value.text->bytes > 0 && i < count; ++i) {
      rt.charge(1);
      out.append(*value.text);
    }
    return out.finish_value(value.text->markup);
  }
  const auto items = value.list->items;
  check_repeat(rt, items.size(), count, sizeof(Value));
  const size_t total = items.size() * static_cast<size_t>(items.empty() ? 0 : count);
  rt.charge(total);
  auto* repeated = rt.arena.array<Value>(total);
  for (size_t i = 0; i < total; ++i) repeated[i] = items[i % items.size()];
  List* list = rt.arena.make<List>();
  list->items = {repeated, total};
  return Value::of(value.kind, list);
}

bool repeatable(const Value& value) {
  return value.is_string() || value.is_sequence();
}

Int floor_div(Int a, Int b) {
  const Int quotient = a / b;
  return a % b != 0 && ((a < 0) != (b < 0)) ? quotient - 1 : quotient;
}

Int floor_mod(Int a, Int b) {
  const Int rest = a % b;
  return rest != 0 && ((rest < 0) != (b < 0)) ? rest + b : rest;
}

struct FloorDivision {
  double quotient;
  double rest;
};

// CPython's float_divmod: the rest has the sign of the divisor.
FloorDivision float_divmod(double a, double b) {
  double rest = std::fmod(a, b);
  double quotient = (a - rest) / b;
  if (rest != 0) {
    if ((b < 0) != (rest < 0)) {
      rest += b;
      quotient -= 1;
    }
  } else {
    rest = std::copysign(0.0, b);
  }
  if (quotient == 0) return {std::copysign(0.0, a / b), rest};
  const double floored = std::floor(quotient);
  return {quotient - floored > 0.5 ? floored + 1 : floored, rest};
}

Int int_power(Int base, Int exponent) {
  Int result = 1;
  while (exponent > 0) {
    if ((exponent & 1) != 0 && __builtin_mul_overflow(result, base, &result)) overflow();
    exponent >>= 1;
    if (exponent > 0 && __builtin_mul_overflow(base, base, &base)) overflow();
  }
  return result;
}

}  // namespace

double as_double(const Value& number) {
  return number.is(Kind::floating) ? number.floating : static_cast<double>(number.as_int());
}

Int truncate_to_int(double number) {
  if (std::isnan(number)) raise("cannot convert float NaN to integer");
  if (std::isinf(number)) raise("cannot convert float infinity to integer");
  if (std::abs(number) >= 0x1p127) overflow();
  return static_cast<Int>(number);
}

Value add(Runtime& rt, const Value& a, const Value& b) {
  if (a.is_string() && b.is_string()) return add_strings(rt, *a.text, *b.text);
  refuse_undefined(rt, a, b);
  if (both_integral(a, b)) {
    Int sum = 0;
    if (__builtin_add_overflow(a.as_int(), b.as_int(), &sum)) overflow();
    return Value::of(sum);
  }
  if (a.is_number() && b.is_number()) return Value::of(as_double(a) + as_double(b));
  if (a.is_sequence() && a.kind == b.kind) return add_sequences(rt, a, b);
  if (repeatable(a)) raise("can only concatenate {0} (not \"{1}\") to {0}", type_name(a), type_name(b));
  unsupported_operands("+", a, b);
}

Value subtract(Runtime& rt, const Value& a, const Value& b) {
  expect_numbers(rt, "-", a, b);
  if (!both_integral(a, b)) return Value::of(as_double(a) - as_double(b));
  Int difference = 0;
  if (__builtin_sub_overflow(a.as_int(), b.as_int(), &difference)) overflow();
  return Value::of(difference);
}

Value multiply(Runtime& rt, const Value& a, const Value& b) {
  refuse_undefined(rt, a, b);
  if (repeatable(a)) return repeat(rt, a, b);
  if (repeatable(b)) return repeat(rt, b, a);
  expect_numbers(rt, "*", a, b);
  if (!both_integral(a, b)) return Value::of(as_double(a) * as_double(b));
  Int product = 0;
  if (__builtin_mul_overflow(a.as_int(), b.as_int(), &product)) overflow();
  return Value::of(product);
}

Value divide(Runtime& rt, const Value& a, const Value& b) {
  expect_numbers(rt, "/", a, b);
  if (as_double(b) == 0) raise("{}", both_integral(a, b) ? "division by zero" : "float division by zero");
  if (!both_integral(a, b)) return Value::of(as_double(a) / as_double(b));
  return Value::of(
      static_cast<double>(static_cast<long double>(a.as_int()) / static_cast<long double>(b.as_int())));
}

Value floor_divide(Runtime& rt, const Value& a, const Value& b) {
  expect_numbers(rt, "//", a, b);
  if (as_double(b) == 0) {
    raise("{}", both_integral(a, b) ? "integer division or modulo by zero" : "float floor division by zero");
  }
  if (!both_integral(a, b)) return Value::of(float_divmod(as_double(a), as_double(b)).quotient);
  if (b.as_int() == -1) return subtract(rt, Value::of(Int{0}), a);  // the one quotient that can overflow
  return Value::of(floor_div(a.as_int(), b.as_int()));
}

Value modulo(Runtime& rt, const Value& a, const Value& b) {
  if (a.is_string()) return format_percent(rt, *a.text, b);
  expect_numbers(rt, "%", a, b);
  if (as_double(b) == 0) raise("{}", both_integral(a, b) ? "integer modulo by zero" : "float modulo");
  if (!both_integral(a, b)) return Value::of(float_divmod(as_double(a), as_double(b)).rest);
  if (b.as_int() == -1) return Value::of(Int{0});
  return Value::of(floor_mod(a.as_int(), b.as_int()));
}

Value power(Runtime& rt, const Value& a, const Value& b) {
  refuse_undefined(rt, a, b);
  if (!a.is_number() || !b.is_number()) unsupported_operands("** or pow()", a, b);
  if (both_integral(a, b) && b.as_int() >= 0) return Value::of(int_power(a.as_int(), b.as_int()));
  const double base = as_double(a);
  const double exponent = as_double(b);
  if (base == 0 && exponent < 0) raise("0.0 cannot be raised to a negative power");
  if (base < 0 && std::isfinite(base) && std::isfinite(exponent) && exponent != std::floor(exponent)) {
    raise("complex numbers are not supported");
  }
  const double result = std::pow(base, exponent);
  if (std::isinf(result) && std::isfinite(base) && std::isfinite(exponent))
    raise("(34, 'Numerical result out of range')");
  return Value::of(result);
}

Value negate(Runtime& rt, const Value& a) {
  if (a.is_undefined()) raise_undefined(rt, a);
  if (a.is(Kind::floating)) return Value::of(-a.floating);
  if (!a.is_integral()) raise("bad operand type for unary -: '{}'", type_name(a));
  return subtract(rt, Value::of(Int{0}), a);
}

Value plus(Runtime& rt, const Value& a) {
  if (a.is_undefined()) raise_undefined(rt, a);
  if (a.is(Kind::floating)) return a;
  if (!a.is_integral()) raise("bad operand type for unary +: '{}'", type_name(a));
  return Value::of(a.as_int());
}

}  // namespace ferry::jinja
