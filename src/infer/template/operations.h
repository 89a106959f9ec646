#pragma once
// What Python does with values: truth, comparison, arithmetic, access, iteration, printing. Wrong types raise
// with Python's wording. Contracts are Python's own; notes only where a template can tell the difference.

#include <optional>
#include <string>
#include <string_view>

#include "infer/template/runtime.h"
#include "infer/template/text.h"
#include "infer/template/value.h"

namespace ferry::jinja {

// "str", "NoneType", "dict"...
std::string_view type_name(const Value& value);
bool truthy(const Value& value);

[[noreturn]] void raise_undefined(Runtime& rt, const Value& undefined);
Value undefined_name(Runtime& rt, std::string_view name);
Value undefined_hint(Runtime& rt, std::string_view hint);
// `object.name`, `object[key]` that are not there.
Value undefined_attribute(Runtime& rt, const Value& object, std::string_view name);
Value undefined_element(Runtime& rt, const Value& object, const Value& key);

// compare.cpp
bool equals(Runtime& rt, const Value& a, const Value& b);
bool same(const Value& a, const Value& b);  // `is`
// a < b, as sorting needs it.
bool less(Runtime& rt, const Value& a, const Value& b);
// a < b or a == b where `or_equal`; raises naming `op`.
bool ordered(Runtime& rt, const Value& a, const Value& b, bool or_equal, std::string_view op);
bool contains(Runtime& rt, const Value& container, const Value& item);
size_t hash(Runtime& rt, const Value& value);  // raises for unhashable types

// arithmetic.cpp
Value add(Runtime& rt, const Value& a, const Value& b);
Value subtract(Runtime& rt, const Value& a, const Value& b);
Value multiply(Runtime& rt, const Value& a, const Value& b);
Value divide(Runtime& rt, const Value& a, const Value& b);
Value floor_divide(Runtime& rt, const Value& a, const Value& b);
Value modulo(Runtime& rt, const Value& a, const Value& b);
Value power(Runtime& rt, const Value& a, const Value& b);
Value negate(Runtime& rt, const Value& a);
Value plus(Runtime& rt, const Value& a);
double as_double(const Value& number);
// Raises when the double has no integer, or one beyond 128 bits.
Int truncate_to_int(double number);

// access.cpp
Value get_attribute(Runtime& rt, const Value& object, const Text& name);
Value get_item(Runtime& rt, const Value& object, const Value& key);
Value get_slice(Runtime& rt, const Value& object, const Value& start, const Value& stop, const Value& step);
// The number of items, if values of this kind have one.
std::optional<size_t> size_of(Runtime& rt, const Value& value);
size_t length_of(Runtime& rt, const Value& value);
// Raises for values that cannot be walked.
Iterator* iterate(Runtime& rt, const Value& value);
bool is_iterable(const Value& value);
Iterator* iterate_items(Runtime& rt, std::span<const Value> items);
const List* collect(Runtime& rt, const Value& iterable);
const List* make_list(Runtime& rt, const std::vector<Value>& items);
Value list_value(Runtime& rt, const std::vector<Value>& items);
Value pair_value(Runtime& rt, const Value& first, const Value& second);
// "a.b.0": looked up one after the other; a null name leaves the item as it is.
Value get_path(Runtime& rt, const Value& item, const Value& path);

// print.cpp
const Text* to_text(Runtime& rt, const Value& value);  // str()
void print(Runtime& rt, const Value& value, TextBuilder& out);
void print_repr(Runtime& rt, const Value& value, TextBuilder& out);
std::string repr(Runtime& rt, const Value& value);
std::string print_int(Int number);
std::string print_double(double number);

struct JsonStyle {
  bool ascii = false;
  bool sort_keys = false;
  bool multiline = false;
  std::string_view indent;
  std::string_view item_separator = ", ";
  std::string_view key_separator = ": ";
};
Value to_json(Runtime& rt, const Value& value, const JsonStyle& style);

// format.cpp
Value format_percent(Runtime& rt, const Text& format, const Value& arguments);    // "..." % arguments
Value format_braces(Runtime& rt, const Text& format, const CallArgs& arguments);  // "...".format(...)
const Text* escape_html(Runtime& rt, const Text& text);
std::string format_spec(Runtime& rt, const Value& value, std::string_view spec);  // format(value, spec)

// context.cpp
Value from_json(Runtime& rt, const json::value& value, OriginId origin);
// Fills in message and field; false for the template's own.
bool describe_origin(const Runtime& rt, OriginId id, Origin& origin);

}  // namespace ferry::jinja
