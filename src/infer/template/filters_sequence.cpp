#include <algorithm>
#include <unordered_map>

#include "infer/template/filter_tables.h"
#include "infer/template/text_operations.h"

namespace ferry::jinja {
namespace {

Value length_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("len", args, 0, 0);
  return Value::count(length_of(rt, self));
}

Value first_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("first", args, 0, 0);
  Value item;
  if (iterate(rt, self)->next(rt, item)) return item;
  return undefined_hint(rt, "No first item, sequence was empty.");
}

bool is_reversible(const Value& value) {
  return value.is_undefined() || value.is_string() || value.is_sequence() || value.is(Kind::dict) ||
         value.is(Kind::range) || value.is(Kind::dict_keys) || value.is(Kind::dict_values) ||
         value.is(Kind::dict_items);
}

Value last_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("last", args, 0, 0);
  if (!is_reversible(self)) raise("'{}' object is not reversible", type_name(self));
  if (length_of(rt, self) == 0) return undefined_hint(rt, "No last item, sequence was empty.");
  if (self.is_string()) return get_item(rt, self, Value::of(Int{-1}));
  return collect(rt, self)->items.back();
}

Value reverse_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("reverse", args, 0, 0);
  if (self.is_string()) return Value::of(reverse(rt, *self.text));
  if (!is_iterable(self)) raise("argument must be iterable");
  const auto items = collect(rt, self)->items;
  std::vector<Value> reversed(items.rbegin(), items.rend());
  rt.charge(reversed.size());
  if (!is_reversible(self)) return list_value(rt, reversed);
  return Value::of(iterate_items(rt, make_list(rt, reversed)->items));
}

Value list_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("list", args, 0, 0);
  Value list = Value::of(Kind::list, collect(rt, self));
  list.origin = self.origin;
  return list;
}

// The item, its attribute if one is wanted, and without regard to case.
Value sort_key(Runtime& rt, const Value& item, const Value& path, bool case_sensitive) {
  const Value found = get_path(rt, item, path);
  if (case_sensitive || !found.is_string()) return found;
  return Value::of(lower(rt, *found.text));
}

Value join_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto [separator, attribute] = bind("join", args, {"d", "attribute"});
  const Text* between = separator.is_missing() ? borrow_text(rt, "") : to_text(rt, separator);
  if (attribute.is_missing() || attribute.is(Kind::none)) return Value::of(join(rt, *between, self));
  std::vector<Value> parts;
  Iterator* source = iterate(rt, self);
  for (Value item; source->next(rt, item);) parts.push_back(get_path(rt, item, attribute));
  return Value::of(join(rt, *between, list_value(rt, parts)));
}

class ItemsOfMapping final : public Iterator {
 public:
  explicit ItemsOfMapping(const Value& mapping) : mapping_(mapping) {}
  bool advance(Runtime& rt, Value& item) override {
    if (mapping_.is_undefined()) return false;
    if (!mapping_.is(Kind::dict)) raise("Can only get item pairs from a mapping.");
    if (position_ == mapping_.dict->size()) return false;
    const auto& [key, value] = mapping_.dict->entries()[position_++];
    item = pair_value(rt, key, value);
    return true;
  }

 private:
  Value mapping_;
  size_t position_ = 0;
};

Value items_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("items", args, 0, 0);
  return Value::of(rt.arena.make<ItemsOfMapping>(self));
}

struct Keyed {
  Value key;
  Value item;
};

// Stable in both directions, as Python's sorted().
std::vector<Value> sorted(Runtime& rt, std::vector<Keyed> keyed, bool descending) {
  const auto before = [&rt](const Keyed& a, const Keyed& b) { return less(rt, a.key, b.key); };
  if (descending) std::reverse(keyed.begin(), keyed.end());
  std::stable_sort(keyed.begin(), keyed.end(), before);
  if (descending) std::reverse(keyed.begin(), keyed.end());
  std::vector<Value> items;
  for (const Keyed& entry : keyed) items.push_back(entry.item);
  return items;
}

Value dictsort_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto [case_sensitive, by, reverse_order] =
      bind("dictsort", args, {"case_sensitive", "by", "reverse"});
  const std::string_view sort_by = by.is_string() ? view(rt, *by.text) : by.is_missing() ? "key" : "";
  if (sort_by != "key" && sort_by != "value") raise("You can only sort by either \"key\" or \"value\"");
  if (self.is_undefined()) raise_undefined(rt, self);
  if (!self.is(Kind::dict)) raise("'{}' object has no attribute 'items'", type_name(self));
  std::vector<Keyed> keyed;
  for (const auto& [key, value] : self.dict->entries()) {
    keyed.push_back({sort_key(rt, sort_by == "key" ? key : value, {}, bool_argument(case_sensitive, false)),
                     pair_value(rt, key, value)});
  }
  return list_value(rt, sorted(rt, std::move(keyed), bool_argument(reverse_order, false)));
}

// "a,b.c": several attributes, compared one after the other.
Value multi_key(Runtime& rt, const Value& item, const Value& attribute, bool case_sensitive) {
  std::vector<Value> keys;
  if (attribute.is_string()) {
    const Text comma{",", 1, 1, {}, 0, false, nullptr, nullptr};
    for (const Value& path : split(rt, *attribute.text, &comma, -1)) {
      keys.push_back(sort_key(rt, item, path, case_sensitive));
    }
  } else {
    keys.push_back(sort_key(rt, item, attribute, case_sensitive));
  }
  return list_value(rt, keys);
}

Value sort_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto [reverse_order, case_sensitive, attribute] =
      bind("sort", args, {"reverse", "case_sensitive", "attribute"});
  std::vector<Keyed> keyed;
  for (const Value& item : collect(rt, self)->items) {
    keyed.push_back({multi_key(rt, item, attribute, bool_argument(case_sensitive, false)), item});
  }
  return list_value(rt, sorted(rt, std::move(keyed), bool_argument(reverse_order, false)));
}

class UniqueItems final : public Iterator {
 public:
  UniqueItems(Runtime& rt, const Value& source, const Value& path, bool case_sensitive)
      : source_(source), path_(path), case_sensitive_(case_sensitive), seen_(rt.arena.make<Dict>()) {}

  bool advance(Runtime& rt, Value& item) override {
    if (items_ == nullptr) items_ = iterate(rt, source_);
    while (items_->next(rt, item)) {
      rt.charge(1);
      const Value key = sort_key(rt, item, path_, case_sensitive_);
      if (seen_->find(rt, key) != nullptr) continue;
      seen_->set(rt, key, Value::none());
      return true;
    }
    return false;
  }

 private:
  Value source_;
  Value path_;
  bool case_sensitive_;
  Dict* seen_;
  Iterator* items_ = nullptr;
};

Value unique_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto [case_sensitive, attribute] = bind("unique", args, {"case_sensitive", "attribute"});
  return Value::of(rt.arena.make<UniqueItems>(rt, self, attribute, bool_argument(case_sensitive, false)));
}

template <bool largest>
Value extreme_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto [case_sensitive, attribute] =
      bind(largest ? "max" : "min", args, {"case_sensitive", "attribute"});
  Iterator* source = iterate(rt, self);
  Value best;
  Value best_key;
  for (Value item; source->next(rt, item);) {
    rt.charge(1);
    const Value key = sort_key(rt, item, attribute, bool_argument(case_sensitive, false));
    const bool better =
        best.is_missing() || (largest ? ordered(rt, best_key, key, false, ">") : less(rt, key, best_key));
    if (!better) continue;
    best = item;
    best_key = key;
  }
  return best.is_missing() ? undefined_hint(rt, "No aggregated item, sequence was empty.") : best;
}

Value sum_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto [attribute, start] = bind("sum", args, {"attribute", "start"});
  Value total = start.is_missing() ? Value::of(Int{0}) : start;
  if (total.is_string()) raise("sum() can't sum strings [use ''.join(seq) instead]");
  Iterator* source = iterate(rt, self);
  for (Value item; source->next(rt, item);) {
    rt.charge(1);
    total = add(rt, total, get_path(rt, item, attribute));
  }
  return total;
}

Value groupby_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto [attribute, otherwise, case_sensitive] =
      bind("groupby", args, {"attribute", "default", "case_sensitive"}, 1);
  const auto key_of = [&](const Value& item, bool exact) {
    Value found = get_path(rt, item, attribute);
    if (found.is_undefined() && !otherwise.is_missing() && !otherwise.is(Kind::none)) found = otherwise;
    return exact ? found : sort_key(rt, found, {}, false);
  };
  const bool exact = bool_argument(case_sensitive, false);
  std::vector<Keyed> keyed;
  for (const Value& item : collect(rt, self)->items) keyed.push_back({key_of(item, exact), item});
  std::stable_sort(keyed.begin(), keyed.end(),
                   [&](const Keyed& a, const Keyed& b) { return less(rt, a.key, b.key); });
  std::vector<Value> groups;
  for (size_t i = 0; i < keyed.size();) {
    std::vector<Value> members;
    const Keyed& head = keyed[i];
    for (; i < keyed.size() && equals(rt, keyed[i].key, head.key); ++i) members.push_back(keyed[i].item);
    if (members.empty()) members.push_back(keyed[i++].item);  // a key unequal to itself: NaN
    const Value pair = pair_value(rt, key_of(members[0], true), list_value(rt, members));
    List* group = rt.arena.make<List>(*pair.list);
    group->is_group = true;
    groups.push_back(Value::of(Kind::tuple, group));
  }
  return list_value(rt, groups);
}

class Batches final : public Iterator {
 public:
  Batches(const Value& source, const Value& size, const Value& fill)
      : source_(source), size_(size), fill_(fill) {}

  bool advance(Runtime& rt, Value& item) override {
    if (items_ == nullptr) items_ = iterate(rt, source_);
    std::vector<Value> batch;
    if (!ahead_.is_missing()) batch.push_back(std::exchange(ahead_, {}));
    for (Value one; items_->next(rt, one);) {
      rt.charge(1);
      if (equals(rt, Value::count(batch.size()), size_)) {
        ahead_ = one;
        item = list_value(rt, batch);
        return true;
      }
      batch.push_back(one);
    }
    if (batch.empty()) return false;
    if (!fill_.is_missing() && !fill_.is(Kind::none)) {
      const Int missing = int_argument(size_, 0) - static_cast<Int>(batch.size());
      for (Int i = 0; i < missing; ++i) {
        rt.charge(1);
        batch.push_back(fill_);
      }
    }
    item = list_value(rt, batch);
    return true;
  }

 private:
  Value source_;
  Value size_;
  Value fill_;
  Value ahead_;
  Iterator* items_ = nullptr;
};

Value batch_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto [size, fill] = bind("batch", args, {"linecount", "fill_with"}, 1);
  return Value::of(rt.arena.make<Batches>(self, size, fill));
}

class Columns final : public Iterator {
 public:
  Columns(const Value& source, const Value& count, const Value& fill)
      : source_(source), count_(count), fill_(fill) {}

  bool advance(Runtime& rt, Value& item) override {
    if (items_ == nullptr) items_ = jinja::collect(rt, source_);
    const Int columns = int_argument(count_, 0);
    const auto total = static_cast<Int>(items_->items.size());
    if (columns == 0) raise("integer division or modulo by zero");
    if (number_ >= columns) return false;
    const Int per_column = total / columns;
    const Int longer = total % columns;
    const Int start = number_ * per_column + std::min(number_, longer);
    const Int end = start + per_column + (number_ < longer ? 1 : 0);
    std::vector<Value> column(items_->items.begin() + static_cast<ptrdiff_t>(start),
                              items_->items.begin() + static_cast<ptrdiff_t>(end));
    rt.charge(column.size() + 1);
    if (!fill_.is_missing() && !fill_.is(Kind::none) && number_ >= longer) column.push_back(fill_);
    ++number_;
    item = list_value(rt, column);
    return true;
  }

 private:
  Value source_;
  Value count_;
  Value fill_;
  const List* items_ = nullptr;
  Int number_ = 0;
};

Value slice_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto [count, fill] = bind("slice", args, {"slices", "fill_with"}, 1);
  return Value::of(rt.arena.make<Columns>(self, count, fill));
}

}  // namespace

std::span<const NamedFilter> sequence_filters() {
  static constexpr NamedFilter kFilters[] = {
      {"length", length_filter},     {"count", length_filter},    {"first", first_filter},
      {"last", last_filter},         {"reverse", reverse_filter}, {"list", list_filter},
      {"join", join_filter},         {"items", items_filter},     {"dictsort", dictsort_filter},
      {"sort", sort_filter},         {"unique", unique_filter},   {"min", extreme_filter<false>},
      {"max", extreme_filter<true>}, {"sum", sum_filter},         {"groupby", groupby_filter},
      {"batch", batch_filter},       {"slice", slice_filter}};
  return kFilters;
}

}  // namespace ferry::jinja
