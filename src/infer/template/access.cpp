#include <algorithm>

#include "infer/template/library.h"
#include "infer/template/loop.h"
#include "infer/template/macro.h"

namespace ferry::jinja {
namespace {

class ItemIterator final : public Iterator {
 public:
  explicit ItemIterator(std::span<const Value> items) : items_(items) {}
  bool advance(Runtime&, Value& item) override {
    if (position_ == items_.size()) return false;
    item = items_[position_++];
    return true;
  }

 private:
  std::span<const Value> items_;
  size_t position_ = 0;
};

class CharIterator final : public Iterator {
 public:
  CharIterator(Runtime& rt, const Text& text) : text_(text), reader_(rt, text) {}
  bool advance(Runtime& rt, Value& item) override {
    if (!reader_.next()) return false;
    item = Value::of(with_markup(rt, *slice_bytes(rt, text_, reader_.begin(), reader_.end()), false));
    return true;
  }

 private:
  const Text& text_;
  CharReader reader_;
};

class DictIterator final : public Iterator {
 public:
  explicit DictIterator(const Value& dict) : dict_(dict) {}
  bool advance(Runtime& rt, Value& item) override {
    if (position_ == dict_.dict->size()) return false;
    const auto& [key, value] = dict_.dict->entries()[position_++];
    item = dict_.is(Kind::dict_values)  ? value
           : dict_.is(Kind::dict_items) ? pair_value(rt, key, value)
                                        : key;
    return true;
  }

 private:
  Value dict_;
  size_t position_ = 0;
};

class RangeIterator final : public Iterator {
 public:
  explicit RangeIterator(const Range& range) : range_(range) {}
  bool advance(Runtime&, Value& item) override {
    if (position_ == range_.count) return false;
    item = Value::of(range_.start + range_.step * position_++);
    return true;
  }

 private:
  const Range& range_;
  Int position_ = 0;
};

bool is_dict_like(const Value& value) {
  return value.is(Kind::dict) || value.is(Kind::dict_keys) || value.is(Kind::dict_values) ||
         value.is(Kind::dict_items);
}

// Attributes that every Python object has; the sandbox keeps templates away from all that begin with "_".
bool is_internal(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "__class__", "__delattr__",      "__dir__",    "__doc__",  "__eq__",          "__format__",
      "__ge__",    "__getattribute__", "__gt__",     "__hash__", "__init__",        "__init_subclass__",
      "__le__",    "__lt__",           "__ne__",     "__new__",  "__reduce__",      "__reduce_ex__",
      "__repr__",  "__setattr__",      "__sizeof__", "__str__",  "__subclasshook__"};
  return name.starts_with("__") && std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

Value undefined(Runtime& rt, Undefined::Why why, std::string_view text, const Value& object,
                const Value& key) {
  Undefined* info = rt.arena.make<Undefined>();
  *info = {why, text, object, key};
  Value value;
  value.kind = Kind::undefined;
  value.undefined = info;
  return value;
}

Value numeric_attribute(const Value& object, std::string_view name) {
  if (name == "real") return object.is(Kind::boolean) ? Value::of(object.as_int()) : object;
  if (name == "imag") return object.is(Kind::floating) ? Value::of(0.0) : Value::of(Int{0});
  if (name == "numerator" && object.is_integral()) return Value::of(object.as_int());
  if (name == "denominator" && object.is_integral()) return Value::of(Int{1});
  return {};
}

Value range_attribute(const Range& range, std::string_view name) {
  if (name == "start") return Value::of(range.start);
  if (name == "stop") return Value::of(range.stop);
  if (name == "step") return Value::of(range.step);
  return {};
}

// getattr(): missing where Python raises AttributeError.
Value own_attribute(Runtime& rt, const Value& object, std::string_view name) {
  if (object.is_undefined()) raise_undefined(rt, object);
  if (object.is(Kind::name_space)) {
    const Value* found = object.dict->find(rt, name);
    return found == nullptr ? Value{} : *found;
  }
  if (is_internal(name)) return undefined(rt, Undefined::Why::unsafe, name, object, {});
  if (const Method* method = find_method(object, name); method != nullptr) {
    if (method->call == nullptr) return undefined(rt, Undefined::Why::unsafe, name, object, {});
    return Value::of(rt.arena.make<Function>(Function{method->name, method->call, object}));
  }
  switch (object.kind) {
    case Kind::boolean:
    case Kind::integer:
    case Kind::floating:
      return numeric_attribute(object, name);
    case Kind::tuple:
      if (object.list->is_group && name == "grouper") return object.list->items[0];
      if (object.list->is_group && name == "list") return object.list->items[1];
      return {};
    case Kind::range:
      return range_attribute(*object.range, name);
    case Kind::loop:
      return loop_attribute(rt, object, name);
    case Kind::macro:
      return macro_attribute(rt, *object.macro, name);
    case Kind::cycler:
      if (name == "current") return object.cycler->items[object.cycler->position];
      return {};
    case Kind::joiner:
      if (name == "sep") return object.joiner->separator;
      if (name == "used") return Value::of(object.joiner->used);
      return {};
    default:
      return {};
  }
}

// object[index] for what has numbered items; missing where Python raises.
Value indexed(Runtime& rt, const Value& object, Int index) {
  if (!object.is_string() && !object.is_sequence() && !object.is(Kind::range)) return {};
  const auto size = static_cast<Int>(length_of(rt, object));
  if (index < 0) index += size;
  if (index < 0 || index >= size) return {};
  if (object.is_sequence()) return object.list->items[static_cast<size_t>(index)];
  if (object.is(Kind::range)) return Value::of(object.range->start + object.range->step * index);
  const size_t begin = byte_offset(rt, *object.text, static_cast<size_t>(index));
  size_t end = begin + 1;
  const std::string_view bytes = view(rt, *object.text);
  if (object.text->chars != object.text->bytes) {
    while (end < bytes.size() && (static_cast<unsigned char>(bytes[end]) & 0xC0) == 0x80) ++end;
  }
  return Value::of(slice_bytes(rt, *object.text, begin, end));
}

Value keyed(Runtime& rt, const Value& object, const Value& key) {
  if (object.is(Kind::dict)) {
    if (key.is(Kind::list) || is_dict_like(key)) return {};  // not hashable
    const Value* found = object.dict->find(rt, key);
    return found == nullptr ? Value{} : *found;
  }
  return key.is_integral() ? indexed(rt, object, key.as_int()) : Value{};
}

// slice.indices(): where to start, how many, how far apart.
struct Span {
  Int start;
  Int stop;
  Int step;
  Int count;
};

Int slice_bound(const Value& value, Int otherwise, Int size, Int low, Int high) {
  if (value.is_missing() || value.is(Kind::none)) return otherwise;
  if (!value.is_integral()) raise("slice indices must be integers or None or have an __index__ method");
  Int bound = value.as_int();
  if (bound < 0) bound += size;
  return std::clamp(bound, low, high);
}

Span slice_span(Int size, const Value& start, const Value& stop, const Value& step) {
  const Int by = step.is_missing() || step.is(Kind::none) ? 1 : slice_bound(step, 1, 0, INT64_MIN, INT64_MAX);
  if (by == 0) raise("slice step cannot be zero");
  const Int low = by < 0 ? -1 : 0;
  const Int high = by < 0 ? size - 1 : size;
  const Int first = slice_bound(start, by < 0 ? high : low, size, low, high);
  const Int last = slice_bound(stop, by < 0 ? low : high, size, low, high);
  Int count = 0;
  if (by > 0 && first < last) count = (last - first - 1) / by + 1;
  if (by < 0 && last < first) count = (first - last - 1) / -by + 1;
  return {first, last, by, count};
}

Value slice_string(Runtime& rt, const Text& text, const Span& span) {
  if (span.count == 0) return Value::of(slice_bytes(rt, text, 0, 0));
  if (span.step == 1) {
    const size_t begin = byte_offset(rt, text, static_cast<size_t>(span.start));
    const size_t end = byte_offset(rt, text, static_cast<size_t>(span.start + span.count));
    return Value::of(slice_bytes(rt, text, begin, end));
  }
  std::vector<size_t> offsets;  // of every character
  for (CharReader reader(rt, text); reader.next();) offsets.push_back(reader.begin());
  offsets.push_back(text.bytes);
  rt.charge(offsets.size());
  TextBuilder out(rt);
  for (Int i = 0; i < span.count; ++i) {
    const auto at = static_cast<size_t>(span.start + span.step * i);
    out.append_slice(text, offsets[at], offsets[at + 1]);
  }
  return out.finish_value(text.markup);
}

Value slice_items(Runtime& rt, const Value& object, const Span& span) {
  const auto count = static_cast<size_t>(span.count);
  rt.charge(count);
  List* list = rt.arena.make<List>();
  if (span.step == 1) {
    list->items = object.list->items.subspan(span.count == 0 ? 0 : static_cast<size_t>(span.start), count);
  } else {
    auto* items = rt.arena.array<Value>(count);
    for (size_t i = 0; i < count; ++i) {
      items[i] = object.list->items[static_cast<size_t>(span.start + span.step * static_cast<Int>(i))];
    }
    list->items = {items, count};
  }
  Value value = Value::of(object.kind, list);
  value.origin = object.origin;
  return value;
}

bool is_number_text(std::string_view text) {
  return !text.empty() && text.size() < 18 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string_view type_name(const Value& value) {
  switch (value.kind) {
    case Kind::missing:
    case Kind::undefined:
      return "Undefined";
    case Kind::none:
      return "NoneType";
    case Kind::boolean:
      return "bool";
    case Kind::integer:
      return "int";
    case Kind::floating:
      return "float";
    case Kind::string:
      return value.text->markup ? "Markup" : "str";
    case Kind::list:
      return "list";
    case Kind::tuple:
      return value.list->is_group ? "_GroupTuple" : "tuple";
    case Kind::dict:
      return "dict";
    case Kind::name_space:
      return "Namespace";
    case Kind::range:
      return "range";
    case Kind::iterator:
      return value.iterator->type_name();
    case Kind::dict_keys:
      return "dict_keys";
    case Kind::dict_values:
      return "dict_values";
    case Kind::dict_items:
      return "dict_items";
    case Kind::function:
      return "function";
    case Kind::macro:
      return "Macro";
    case Kind::loop:
      return "LoopContext";
    case Kind::cycler:
      return "Cycler";
    case Kind::joiner:
      return "Joiner";
  }
  return "?";
}

bool truthy(const Value& value) {
  switch (value.kind) {
    case Kind::missing:
    case Kind::undefined:
    case Kind::none:
      return false;
    case Kind::boolean:
      return value.boolean;
    case Kind::integer:
      return value.integer != 0;
    case Kind::floating:
      return value.floating != 0;
    case Kind::string:
      return value.text->bytes > 0;
    case Kind::list:
    case Kind::tuple:
      return !value.list->items.empty();
    case Kind::dict:
    case Kind::dict_keys:
    case Kind::dict_values:
    case Kind::dict_items:
      return value.dict->size() > 0;
    case Kind::range:
      return value.range->count > 0;
    default:
      return true;
  }
}

void raise_undefined(Runtime& rt, const Value& value) {
  const Undefined& info = *value.undefined;
  const std::string_view type = type_name(info.object);
  const std::string object = info.object.is(Kind::none) ? "None" : fmt::format("{} object", type);
  switch (info.why) {
    case Undefined::Why::name:
      raise("'{}' is undefined", info.text);
    case Undefined::Why::attribute:
      raise("'{}' has no attribute '{}'", object, info.text);
    case Undefined::Why::element:
      raise("{} has no element {}", object, repr(rt, info.key));
    case Undefined::Why::unsafe:
      raise("access to attribute '{}' of '{}' object is unsafe.", info.text, type);
    case Undefined::Why::hint:
      break;
  }
  raise("{}", info.text);
}

Value undefined_name(Runtime& rt, std::string_view name) {
  return undefined(rt, Undefined::Why::name, name, {}, {});
}

Value undefined_hint(Runtime& rt, std::string_view hint) {
  return undefined(rt, Undefined::Why::hint, hint, {}, {});
}

Value undefined_attribute(Runtime& rt, const Value& object, std::string_view name) {
  return undefined(rt, Undefined::Why::attribute, name, object, {});
}

Value undefined_element(Runtime& rt, const Value& object, const Value& key) {
  if (key.is_string()) return undefined_attribute(rt, object, view(rt, *key.text));
  return undefined(rt, Undefined::Why::element, {}, object, key);
}

Value get_attribute(Runtime& rt, const Value& object, const Text& name) {
  const std::string_view bytes = view(rt, name);
  Value found = own_attribute(rt, object, bytes);
  if (!found.is_missing()) return found;
  if (object.is(Kind::dict)) {
    if (const Value* value = object.dict->find(rt, bytes); value != nullptr) return *value;
  }
  return undefined_attribute(rt, object, bytes);
}

Value get_item(Runtime& rt, const Value& object, const Value& key) {
  if (object.is_undefined()) raise_undefined(rt, object);
  Value found = keyed(rt, object, key);
  if (!found.is_missing()) return found;
  if (key.is_string()) found = own_attribute(rt, object, view(rt, *key.text));
  return found.is_missing() ? undefined_element(rt, object, key) : found;
}

Value get_slice(Runtime& rt, const Value& object, const Value& start, const Value& stop, const Value& step) {
  if (object.is_undefined()) raise_undefined(rt, object);
  if (object.is(Kind::dict)) raise("unhashable type: 'slice'");
  if (!object.is_string() && !object.is_sequence() && !object.is(Kind::range)) {
    raise("'{}' object is not subscriptable", type_name(object));
  }
  const Span span = slice_span(static_cast<Int>(length_of(rt, object)), start, stop, step);
  if (object.is_string()) return slice_string(rt, *object.text, span);
  if (object.is_sequence()) return slice_items(rt, object, span);
  Value value;
  value.kind = Kind::range;
  const Range& range = *object.range;
  value.range =
      rt.arena.make<Range>(range.start + range.step * span.start, range.start + range.step * span.stop,
                           range.step * span.step, span.count);
  return value;
}

std::optional<size_t> size_of(Runtime& rt, const Value& value) {
  switch (value.kind) {
    case Kind::undefined:
      return 0;
    case Kind::string:
      return length(rt, *value.text);
    case Kind::list:
    case Kind::tuple:
      return value.list->items.size();
    case Kind::dict:
    case Kind::dict_keys:
    case Kind::dict_values:
    case Kind::dict_items:
      return value.dict->size();
    case Kind::range:
      return static_cast<size_t>(value.range->count);
    case Kind::loop: {
      const Value size = loop_attribute(rt, value, "length");
      return static_cast<size_t>(size.integer);
    }
    default:
      return std::nullopt;
  }
}

size_t length_of(Runtime& rt, const Value& value) {
  const auto size = size_of(rt, value);
  if (!size) raise("object of type '{}' has no len()", type_name(value));
  return *size;
}

bool is_iterable(const Value& value) {
  return value.is_undefined() || value.is_string() || value.is_sequence() || is_dict_like(value) ||
         value.is(Kind::range) || value.is(Kind::iterator);
}

bool Iterator::next(Runtime& rt, Value& item) {
  const Runtime::Nested nested(rt);
  return advance(rt, item);
}

Iterator* iterate_items(Runtime& rt, std::span<const Value> items) {
  return rt.arena.make<ItemIterator>(items);
}

Iterator* iterate(Runtime& rt, const Value& value) {
  if (value.is_sequence()) return iterate_items(rt, value.list->items);
  if (value.is_string()) return rt.arena.make<CharIterator>(rt, *value.text);
  if (is_dict_like(value)) return rt.arena.make<DictIterator>(value);
  if (value.is(Kind::range)) return rt.arena.make<RangeIterator>(*value.range);
  if (value.is(Kind::iterator)) return value.iterator;
  if (value.is_undefined()) return iterate_items(rt, {});
  raise("'{}' object is not iterable", type_name(value));
}

const List* make_list(Runtime& rt, const std::vector<Value>& items) {
  List* list = rt.arena.make<List>();
  list->items = rt.arena.copy(items);
  return list;
}

Value list_value(Runtime& rt, const std::vector<Value>& items) {
  return Value::of(Kind::list, make_list(rt, items));
}

Value pair_value(Runtime& rt, const Value& first, const Value& second) {
  auto* items = rt.arena.array<Value>(2);
  items[0] = first;
  items[1] = second;
  List* list = rt.arena.make<List>();
  list->items = {items, 2};
  return Value::of(Kind::tuple, list);
}

const List* collect(Runtime& rt, const Value& iterable) {
  if (iterable.is_sequence()) return iterable.list;
  std::vector<Value> items;
  Iterator* source = iterate(rt, iterable);
  for (Value item; source->next(rt, item);) {
    rt.charge(1);
    items.push_back(item);
  }
  return make_list(rt, items);
}

Value get_path(Runtime& rt, const Value& item, const Value& path) {
  if (path.is(Kind::none) || path.is_missing()) return item;
  if (!path.is_string()) return get_item(rt, item, path);
  Value found = item;
  const std::string_view names = view(rt, *path.text);
  for (size_t begin = 0; begin <= names.size();) {
    const size_t end = std::min(names.find('.', begin), names.size());
    const std::string_view name = names.substr(begin, end - begin);
    const Value key = is_number_text(name) ? Value::of(static_cast<Int>(std::stoll(std::string(name))))
                                           : Value::of(slice_bytes(rt, *path.text, begin, end));
    found = get_item(rt, found, key);
    begin = end + 1;
  }
  return found;
}

}  // namespace ferry::jinja
