#include <algorithm>

#include "infer/template/library.h"

namespace ferry::jinja {
namespace {

Value get(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("get", args, 1, 2);
  if (const Value* found = self.dict->find(rt, args.positional[0])) return *found;
  return args.positional.size() > 1 ? args.positional[1] : Value::none();
}

template <Kind kind>
Value view_of(Runtime&, const Value& self, const CallArgs& args) {
  expect_positional("dict view", args, 0, 0);
  Value view = Value::of(kind, self.dict);
  view.origin = self.origin;
  return view;
}

Value copy(Runtime&, const Value& self, const CallArgs& args) {
  expect_positional("copy", args, 0, 0);
  return self;  // nothing can change it
}

Value from_keys(Runtime& rt, const Value&, const CallArgs& args) {
  expect_positional("fromkeys", args, 1, 2);
  Dict* dict = rt.arena.make<Dict>();
  Iterator* keys = iterate(rt, args.positional[0]);
  for (Value key; keys->next(rt, key);) {
    dict->set(rt, key, args.positional.size() > 1 ? args.positional[1] : Value::none());
  }
  return Value::of(Kind::dict, dict);
}

// Items of a list, tuple or range; `index` takes bounds for the first two.
Value index_of(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("index", args, 1, 3);
  const auto items = collect(rt, self)->items;
  const auto size = static_cast<Int>(items.size());
  const auto bound = [&](size_t i, Int otherwise) {
    const Int given = args.positional.size() > i ? int_argument(args.positional[i], otherwise) : otherwise;
    return std::clamp<Int>(given < 0 ? given + size : given, 0, size);
  };
  const Int end = bound(2, size);
  for (Int i = bound(1, 0); i < end; ++i) {
    const Value& item = items[static_cast<size_t>(i)];
    if (same(item, args.positional[0]) || equals(rt, item, args.positional[0])) return Value::of(i);
  }
  raise("{} is not in list", repr(rt, args.positional[0]));
}

Value count_of(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("count", args, 1, 1);
  size_t count = 0;
  for (const Value& item : collect(rt, self)->items) {
    count += same(item, args.positional[0]) || equals(rt, item, args.positional[0]);
  }
  return Value::count(count);
}

Value next_of_cycle(Runtime&, const Value& self, const CallArgs& args) {
  expect_positional("next", args, 0, 0);
  Cycler& cycler = *self.cycler;
  const Value current = cycler.items[cycler.position];
  cycler.position = (cycler.position + 1) % cycler.items.size();
  return current;
}

Value reset_cycle(Runtime&, const Value& self, const CallArgs& args) {
  expect_positional("reset", args, 0, 0);
  self.cycler->position = 0;
  return Value::none();
}

}  // namespace

std::span<const Method> dict_methods() {
  static constexpr Method kMethods[] = {
      {"get", get},
      {"items", view_of<Kind::dict_items>},
      {"keys", view_of<Kind::dict_keys>},
      {"values", view_of<Kind::dict_values>},
      {"copy", copy},
      {"fromkeys", from_keys},
      {"clear", nullptr},
      {"pop", nullptr},
      {"popitem", nullptr},
      {"setdefault", nullptr},
      {"update", nullptr},
  };
  return kMethods;
}

std::span<const Method> list_methods() {
  static constexpr Method kMethods[] = {
      {"index", index_of}, {"count", count_of}, {"copy", copy},       {"append", nullptr},
      {"clear", nullptr},  {"pop", nullptr},    {"reverse", nullptr}, {"insert", nullptr},
      {"sort", nullptr},   {"extend", nullptr}, {"remove", nullptr},
  };
  return kMethods;
}

std::span<const Method> tuple_methods() {
  static constexpr Method kMethods[] = {{"index", index_of}, {"count", count_of}};
  return kMethods;
}

std::span<const Method> cycler_methods() {
  static constexpr Method kMethods[] = {{"next", next_of_cycle}, {"reset", reset_cycle}};
  return kMethods;
}

}  // namespace ferry::jinja
