#pragma once
// What templates can call by name: filters, tests, global functions, and the methods of strings, lists and
// dicts. Each is a plain function (rt, self, arguments); for a filter or test `self` is the value it is
// applied to.

#include <array>
#include <span>
#include <string_view>

#include "infer/template/ast.h"
#include "infer/template/operations.h"

namespace ferry::jinja {

// Null: there is none of this name.
Callable find_filter(std::string_view name);
Callable find_test(std::string_view name);
// Null: there is none; otherwise it lives for ever.
const Function* find_global(std::string_view name);

struct Method {
  std::string_view name;
  Callable call;  // null: changes its object, which the sandbox refuses
};

// Null: values of this kind have no method of this name.
const Method* find_method(const Value& object, std::string_view name);

std::span<const Method> string_methods();
std::span<const Method> dict_methods();
std::span<const Method> list_methods();
std::span<const Method> tuple_methods();  // ranges too
std::span<const Method> cycler_methods();

// Puts arguments into the places of parameters, as a Python call does; absent ones stay missing.
void bind_arguments(std::string_view function, const CallArgs& args, std::span<const std::string_view> names,
                    size_t required, std::span<Value> out);

template <size_t N>
std::array<Value, N> bind(std::string_view function, const CallArgs& args, const std::string_view (&names)[N],
                          size_t required = 0) {
  std::array<Value, N> out{};
  bind_arguments(function, args, names, required, out);
  return out;
}

// For the many of Python's functions that take no keywords.
void expect_positional(std::string_view function, const CallArgs& args, size_t least, size_t most);

// Arguments with defaults, or a TypeError that names what is wrong.
Int int_argument(const Value& value, Int otherwise);
bool bool_argument(const Value& value, bool otherwise);
const Text& string_argument(Runtime& rt, const Value& value, std::string_view what);
// str() of it, with markup as it is: what Jinja's filters on text begin with.
const Text& soft_text(Runtime& rt, const Value& value);

}  // namespace ferry::jinja
