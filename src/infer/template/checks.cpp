// Jinja's tests: `value is name(argument)`.

#include <algorithm>

#include "infer/template/library.h"
#include "infer/template/text_operations.h"

namespace ferry::jinja {
namespace {

void no_arguments(const CallArgs& args) {
  expect_positional("test", args, 0, 0);
}

const Value& one_argument(const CallArgs& args) {
  expect_positional("test", args, 1, 1);
  return args.positional[0];
}

template <bool (*test)(const Value&)>
Value simple(Runtime&, const Value& self, const CallArgs& args) {
  no_arguments(args);
  return Value::of(test(self));
}

bool is_defined(const Value& v) {
  return !v.is_undefined();
}
bool is_undefined(const Value& v) {
  return v.is_undefined();
}
bool is_none(const Value& v) {
  return v.is(Kind::none);
}
bool is_boolean(const Value& v) {
  return v.is(Kind::boolean);
}
bool is_true(const Value& v) {
  return v.is(Kind::boolean) && v.boolean;
}
bool is_false(const Value& v) {
  return v.is(Kind::boolean) && !v.boolean;
}
bool is_integer(const Value& v) {
  return v.is(Kind::integer);
}
bool is_float(const Value& v) {
  return v.is(Kind::floating);
}
bool is_number(const Value& v) {
  return v.is_number();
}
bool is_string(const Value& v) {
  return v.is_string();
}
bool is_mapping(const Value& v) {
  return v.is(Kind::dict);
}
bool is_escaped(const Value& v) {
  return v.is_string() && v.text->markup;
}
bool is_sequence(const Value& v) {
  return v.is_undefined() || v.is_string() || v.is_sequence() || v.is(Kind::dict) || v.is(Kind::range);
}
bool is_callable(const Value& v) {
  return v.is(Kind::function) || v.is(Kind::macro) || v.is(Kind::loop) || v.is(Kind::joiner) ||
         v.is_undefined();
}

Value is_odd(Runtime& rt, const Value& self, const CallArgs& args) {
  no_arguments(args);
  return Value::of(equals(rt, modulo(rt, self, Value::of(Int{2})), Value::of(Int{1})));
}

Value is_even(Runtime& rt, const Value& self, const CallArgs& args) {
  no_arguments(args);
  return Value::of(equals(rt, modulo(rt, self, Value::of(Int{2})), Value::of(Int{0})));
}

Value is_divisible(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto [number] = bind("divisibleby", args, {"num"}, 1);
  return Value::of(equals(rt, modulo(rt, self, number), Value::of(Int{0})));
}

template <bool upper_case>
Value has_case(Runtime& rt, const Value& self, const CallArgs& args) {
  const Value text = Value::of(to_text(rt, self));
  return find_method(text, upper_case ? "isupper" : "islower")->call(rt, text, args);
}

Value is_same(Runtime&, const Value& self, const CallArgs& args) {
  const auto [other] = bind("sameas", args, {"other"}, 1);
  return Value::of(same(self, other));
}

Value is_in(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto [container] = bind("in", args, {"seq"}, 1);
  return Value::of(contains(rt, container, self));
}

template <bool wanted>
Value is_equal(Runtime& rt, const Value& self, const CallArgs& args) {
  return Value::of(equals(rt, self, one_argument(args)) == wanted);
}

Value is_less(Runtime& rt, const Value& self, const CallArgs& args) {
  return Value::of(ordered(rt, self, one_argument(args), false, "<"));
}
Value is_less_or_equal(Runtime& rt, const Value& self, const CallArgs& args) {
  return Value::of(ordered(rt, self, one_argument(args), true, "<="));
}
Value is_greater(Runtime& rt, const Value& self, const CallArgs& args) {
  return Value::of(ordered(rt, one_argument(args), self, false, ">"));
}
Value is_greater_or_equal(Runtime& rt, const Value& self, const CallArgs& args) {
  return Value::of(ordered(rt, one_argument(args), self, true, ">="));
}

template <Callable (*find)(std::string_view)>
Value is_known(Runtime& rt, const Value& self, const CallArgs& args) {
  no_arguments(args);
  if (!self.is_string()) hash(rt, self);  // unhashable: Python raises
  return Value::of(self.is_string() && find(view(rt, *self.text)) != nullptr);
}

struct NamedTest {
  std::string_view name;
  Callable call;
};

constexpr NamedTest kTests[] = {
    {"defined", simple<is_defined>},
    {"undefined", simple<is_undefined>},
    {"none", simple<is_none>},
    {"string", simple<is_string>},
    {"mapping", simple<is_mapping>},
    {"number", simple<is_number>},
    {"integer", simple<is_integer>},
    {"float", simple<is_float>},
    {"boolean", simple<is_boolean>},
    {"true", simple<is_true>},
    {"false", simple<is_false>},
    {"iterable", simple<is_iterable>},
    {"sequence", simple<is_sequence>},
    {"callable", simple<is_callable>},
    {"escaped", simple<is_escaped>},
    {"odd", is_odd},
    {"even", is_even},
    {"divisibleby", is_divisible},
    {"lower", has_case<false>},
    {"upper", has_case<true>},
    {"sameas", is_same},
    {"in", is_in},
    {"filter", is_known<find_filter>},
    {"test", is_known<find_test>},
    {"eq", is_equal<true>},
    {"equalto", is_equal<true>},
    {"==", is_equal<true>},
    {"ne", is_equal<false>},
    {"!=", is_equal<false>},
    {"lt", is_less},
    {"lessthan", is_less},
    {"<", is_less},
    {"le", is_less_or_equal},
    {"<=", is_less_or_equal},
    {"gt", is_greater},
    {"greaterthan", is_greater},
    {">", is_greater},
    {"ge", is_greater_or_equal},
    {">=", is_greater_or_equal},
};

}  // namespace

Callable find_test(std::string_view name) {
  const auto* found = std::find_if(std::begin(kTests), std::end(kTests),
                                   [name](const NamedTest& test) { return test.name == name; });
  return found == std::end(kTests) ? nullptr : found->call;
}

}  // namespace ferry::jinja
