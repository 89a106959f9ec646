#include "infer/template/loop.h"

#include "infer/template/library.h"

namespace ferry::jinja {
namespace {

void look_ahead(Runtime& rt, Loop& loop) {
  if (!loop.ahead.is_missing() || loop.at_end) return;
  if (!loop.items->next(rt, loop.ahead)) {
    loop.ahead = {};
    loop.at_end = true;
  }
}

Int loop_length(Runtime& rt, Loop& loop) {
  if (loop.length >= 0) return loop.length;
  if (const auto size = size_of(rt, loop.iterable)) {
    loop.length = static_cast<Int>(*size);
    return loop.length;
  }
  std::vector<Value> rest;
  for (Value item; loop.items->next(rt, item);) {
    rt.charge(1);
    rest.push_back(item);
  }
  loop.items = iterate_items(rt, make_list(rt, rest)->items);
  loop.length = static_cast<Int>(rest.size()) + loop.index0 + 1 + (loop.ahead.is_missing() ? 0 : 1);
  return loop.length;
}

Value cycle(Runtime& /*rt*/, const Value& self, const CallArgs& args) {
  if (args.positional.empty()) raise("no items for cycling given");
  return args.positional[static_cast<size_t>(self.loop->index0) % args.positional.size()];
}

Value changed(Runtime& rt, const Value& self, const CallArgs& args) {
  const List* last = self.loop->last_changed;
  const List* now = make_list(rt, {args.positional.begin(), args.positional.end()});
  if (last != nullptr && equals(rt, Value::of(Kind::tuple, last), Value::of(Kind::tuple, now)))
    return Value::of(false);
  self.loop->last_changed = now;
  return Value::of(true);
}

}  // namespace

bool next_item(Runtime& rt, Loop& loop, Value& item) {
  if (!loop.ahead.is_missing()) {
    item = loop.ahead;
    loop.ahead = {};
  } else if (loop.at_end || !loop.items->next(rt, item)) {
    return false;
  }
  ++loop.index0;
  loop.before = loop.current;
  loop.current = item;
  return true;
}

Value loop_attribute(Runtime& rt, const Value& self, std::string_view name) {
  Loop& loop = *self.loop;
  if (name == "index") return Value::of(loop.index0 + 1);
  if (name == "index0") return Value::of(loop.index0);
  if (name == "first") return Value::of(loop.index0 == 0);
  if (name == "last") {
    look_ahead(rt, loop);
    return Value::of(loop.ahead.is_missing());
  }
  if (name == "length") return Value::of(loop_length(rt, loop));
  if (name == "revindex") return Value::of(loop_length(rt, loop) - loop.index0);
  if (name == "revindex0") return Value::of(loop_length(rt, loop) - loop.index0 - 1);
  if (name == "previtem") {
    return loop.index0 == 0 ? undefined_hint(rt, "there is no previous item") : loop.before;
  }
  if (name == "nextitem") {
    look_ahead(rt, loop);
    return loop.ahead.is_missing() ? undefined_hint(rt, "there is no next item") : loop.ahead;
  }
  if (name == "depth") return Value::of(loop.depth0 + 1);
  if (name == "depth0") return Value::of(loop.depth0);
  if (name == "cycle") return Value::of(rt.arena.make<Function>(Function{name, cycle, self}));
  if (name == "changed") return Value::of(rt.arena.make<Function>(Function{name, changed, self}));
  return {};
}

}  // namespace ferry::jinja
