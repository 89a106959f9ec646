#include <algorithm>
#include <cmath>
#include <functional>

#include "infer/template/operations.h"

namespace ferry::jinja {
namespace {

bool numbers_equal(const Value& a, const Value& b) {
  if (a.is_integral() && b.is_integral()) return a.as_int() == b.as_int();
  return as_double(a) == as_double(b);
}

bool dicts_equal(Runtime& rt, const Dict& a, const Dict& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [key, value] : a.entries()) {
    const Value* other = b.find(rt, key);
    if (other == nullptr || !(same(value, *other) || equals(rt, value, *other))) return false;
  }
  return true;
}

bool lists_equal(Runtime& rt, const List& a, const List& b) {
  if (&a == &b) return true;
  return std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(),
                    [&rt](const Value& x, const Value& y) { return same(x, y) || equals(rt, x, y); });
}

bool ranges_equal(const Range& a, const Range& b) {
  if (a.count != b.count) return false;
  return a.count == 0 || (a.start == b.start && (a.count == 1 || a.step == b.step));
}

}  // namespace

bool same(const Value& a, const Value& b) {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Kind::none:
      return true;
    case Kind::boolean:
      return a.boolean == b.boolean;
    case Kind::integer:
      return a.integer == b.integer && a.integer >= -5 && a.integer <= 256;  // what CPython keeps one copy of
    case Kind::floating:
      return false;
    default:
      return a.text == b.text;
  }
}

bool equals(Runtime& rt, const Value& a, const Value& b) {
  const Runtime::Nested nested(rt);
  rt.charge(1);
  if (a.is_number() && b.is_number()) return numbers_equal(a, b);
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Kind::undefined:
    case Kind::none:
      return true;
    case Kind::string:
      if (a.text->bytes != b.text->bytes) return false;
      rt.charge_bytes(a.text->bytes);
      return view(rt, *a.text) == view(rt, *b.text);
    case Kind::list:
    case Kind::tuple:
      return lists_equal(rt, *a.list, *b.list);
    case Kind::dict:
      return dicts_equal(rt, *a.dict, *b.dict);
    case Kind::dict_items:
      return dicts_equal(rt, *a.dict, *b.dict);
    case Kind::dict_keys:
      return a.dict->size() == b.dict->size() &&
             std::all_of(a.dict->entries().begin(), a.dict->entries().end(),
                         [&](const Dict::Entry& entry) { return b.dict->find(rt, entry.key) != nullptr; });
    case Kind::range:
      return ranges_equal(*a.range, *b.range);
    default:
      return a.text == b.text;
  }
}

bool ordered(Runtime& rt, const Value& a, const Value& b, bool or_equal, std::string_view op) {
  const Runtime::Nested nested(rt);
  rt.charge(1);
  if (a.is_undefined()) raise_undefined(rt, a);
  if (b.is_undefined()) raise_undefined(rt, b);
  if (a.is_integral() && b.is_integral())
    return or_equal ? a.as_int() <= b.as_int() : a.as_int() < b.as_int();
  if (a.is_number() && b.is_number())
    return or_equal ? as_double(a) <= as_double(b) : as_double(a) < as_double(b);
  if (a.is_string() && b.is_string()) {
    rt.charge_bytes(std::min(a.text->bytes, b.text->bytes));
    const int order = view(rt, *a.text).compare(view(rt, *b.text));
    return or_equal ? order <= 0 : order < 0;
  }
  if (a.kind != b.kind || !a.is_sequence()) {
    const bool swapped = op.starts_with('>');  // a > b is asked as b < a
    raise("'{}' not supported between instances of '{}' and '{}'", op, type_name(swapped ? b : a),
          type_name(swapped ? a : b));
  }
  const auto x = a.list->items;
  const auto y = b.list->items;
  for (size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
    if (same(x[i], y[i]) || equals(rt, x[i], y[i])) continue;
    return ordered(rt, x[i], y[i], or_equal, op);
  }
  return or_equal ? x.size() <= y.size() : x.size() < y.size();
}

bool less(Runtime& rt, const Value& a, const Value& b) {
  return ordered(rt, a, b, false, "<");
}

bool contains(Runtime& rt, const Value& container, const Value& item) {
  const auto matches = [&](const Value& v) { return same(v, item) || equals(rt, v, item); };
  switch (container.kind) {
    case Kind::string:
      if (!item.is_string()) raise("'in <string>' requires string as left operand, not {}", type_name(item));
      rt.charge_bytes(container.text->bytes);
      return view(rt, *container.text).find(view(rt, *item.text)) != std::string_view::npos;
    case Kind::list:
    case Kind::tuple:
      return std::any_of(container.list->items.begin(), container.list->items.end(), matches);
    case Kind::dict:
    case Kind::dict_keys:
      return container.dict->find(rt, item) != nullptr;
    default:
      break;
  }
  if (!is_iterable(container)) raise("argument of type '{}' is not iterable", type_name(container));
  Iterator* items = iterate(rt, container);
  for (Value v; items->next(rt, v);) {
    rt.charge(1);
    if (matches(v)) return true;
  }
  return false;
}

size_t hash(Runtime& rt, const Value& value) {
  const Runtime::Nested nested(rt);
  rt.charge(1);
  switch (value.kind) {
    case Kind::boolean:
    case Kind::integer:
      return std::hash<double>()(static_cast<double>(value.as_int()));
    case Kind::floating:
      return std::hash<double>()(value.floating);
    case Kind::string:
      rt.charge_bytes(value.text->bytes);
      return std::hash<std::string_view>()(view(rt, *value.text));
    case Kind::tuple: {
      size_t mixed = 0x345678;
      for (const Value& item : value.list->items) mixed = mixed * 1000003 + hash(rt, item);
      return mixed;
    }
    case Kind::none:
    case Kind::undefined:
      return static_cast<size_t>(value.kind);
    case Kind::list:
    case Kind::dict:
    case Kind::dict_keys:
    case Kind::dict_items:
      raise("unhashable type: '{}'", type_name(value));
    case Kind::range:
      return static_cast<size_t>(value.range->count);
    default:
      return std::hash<const void*>()(value.text);
  }
}

size_t Dict::find_slot(Runtime& rt, const Value& key) const {
  size_t slot = hash(rt, key) & index_mask_;
  while (index_[slot] != 0 && !equals(rt, entries_[index_[slot] - 1].key, key))
    slot = (slot + 1) & index_mask_;
  return slot;
}

const Value* Dict::find(Runtime& rt, const Value& key) const {
  if (index_ != nullptr) {
    const uint32_t entry = index_[find_slot(rt, key)];
    return entry == 0 ? nullptr : &entries_[entry - 1].value;
  }
  if (key.is_string()) return find(rt, view(rt, *key.text));
  hash(rt, key);  // raises where Python does
  for (size_t i = 0; i < size_; ++i) {
    if (equals(rt, entries_[i].key, key)) return &entries_[i].value;
  }
  return nullptr;
}

const Value* Dict::find(Runtime& rt, std::string_view key) const {
  if (index_ != nullptr) {
    Text text{};
    text.data = key.data();
    text.bytes = key.size();
    const uint32_t entry = index_[find_slot(rt, Value::of(&text))];
    return entry == 0 ? nullptr : &entries_[entry - 1].value;
  }
  for (size_t i = 0; i < size_; ++i) {
    const Value& k = entries_[i].key;
    if (k.is_string() && k.text->bytes == key.size() && view(rt, *k.text) == key) return &entries_[i].value;
  }
  return nullptr;
}

void Dict::set(Runtime& rt, const Value& key, const Value& value) {
  if (const Value* found = find(rt, key); found != nullptr) {
    *const_cast<Value*>(found) = value;
    return;
  }
  if (size_ == capacity_) reserve(rt, std::max<size_t>(4, 2 * capacity_));
  entries_[size_] = {key, value};
  ++size_;
  if (index_ != nullptr && 2 * size_ <= index_mask_) {
    index_[find_slot(rt, key)] = static_cast<uint32_t>(size_);
  } else if (size_ > kUnindexed) {
    rebuild_index(rt, 4 * size_);
  }
}

void Dict::reserve(Runtime& rt, size_t count) {
  if (count <= capacity_) return;
  auto* moved = rt.arena.array<Entry>(count);
  std::copy(entries_, entries_ + size_, moved);
  entries_ = moved;
  capacity_ = count;
}

void Dict::rebuild_index(Runtime& rt, size_t slots) {
  size_t rounded = 16;
  while (rounded < slots) rounded *= 2;
  index_ = rt.arena.array<uint32_t>(rounded);
  index_mask_ = rounded - 1;
  for (size_t i = 0; i < size_; ++i) index_[find_slot(rt, entries_[i].key)] = static_cast<uint32_t>(i + 1);
}

}  // namespace ferry::jinja
