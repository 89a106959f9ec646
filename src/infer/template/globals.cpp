// The global functions of a chat template.

#include <algorithm>
#include <ctime>

#include "infer/template/library.h"
#include "infer/template/strftime.h"

namespace ferry::jinja {
namespace {

constexpr Int kMaxRange = 100'000;  // the sandbox's

Value range(Runtime& rt, const Value&, const CallArgs& args) {
  expect_positional("range", args, 1, 3);
  Int bounds[3] = {0, 0, 1};
  for (size_t i = 0; i < args.positional.size(); ++i) {
    if (args.positional[i].is_undefined()) raise_undefined(rt, args.positional[i]);
    bounds[i] = int_argument(args.positional[i], 0);
    if (bounds[i] > INT64_MAX || bounds[i] < INT64_MIN) raise("Python int too large to convert to C ssize_t");
  }
  if (args.positional.size() == 1) std::swap(bounds[0], bounds[1]);
  const auto [start, stop, step] = bounds;
  if (step == 0) raise("range() arg 3 must not be zero");
  Int count = 0;
  if (step > 0 && start < stop) count = (stop - start - 1) / step + 1;
  if (step < 0 && stop < start) count = (start - stop - 1) / -step + 1;
  if (count > kMaxRange) raise("Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).");
  Value value;
  value.kind = Kind::range;
  value.range = rt.arena.make<Range>(start, stop, step, count);
  return value;
}

void fill_from(Runtime& rt, Dict& dict, const Value& source) {
  if (source.is(Kind::dict)) {
    for (const auto& [key, value] : source.dict->entries()) dict.set(rt, key, value);
    return;
  }
  Iterator* pairs = iterate(rt, source);
  size_t number = 0;
  for (Value pair; pairs->next(rt, pair); ++number) {
    rt.charge(1);
    if (!is_iterable(pair))
      raise("cannot convert dictionary update sequence element #{} to a sequence", number);
    const auto items = collect(rt, pair)->items;
    if (items.size() != 2) {
      raise("dictionary update sequence element #{} has length {}; 2 is required", number, items.size());
    }
    dict.set(rt, items[0], items[1]);
  }
}

Dict* build_dict(Runtime& rt, const CallArgs& args) {
  if (args.positional.size() > 1) raise("dict expected at most 1 argument, got {}", args.positional.size());
  Dict* dict = rt.arena.make<Dict>();
  if (!args.positional.empty()) fill_from(rt, *dict, args.positional[0]);
  for (const Keyword& keyword : args.keywords) dict->set(rt, string_value(rt, keyword.name), keyword.value);
  return dict;
}

Value dict(Runtime& rt, const Value&, const CallArgs& args) {
  return Value::of(Kind::dict, build_dict(rt, args));
}

Value name_space(Runtime& rt, const Value&, const CallArgs& args) {
  Dict* attributes = build_dict(rt, args);
  for (const auto& entry : attributes->entries()) {
    if (!entry.key.is_string() || !view(rt, *entry.key.text).starts_with('_')) continue;
    raise(
        "Chat templates cannot store underscore-prefixed attributes on a namespace, but got {}. Please "
        "rename the "
        "attribute.",
        repr(rt, entry.key));
  }
  return Value::of(Kind::name_space, attributes);
}

Value cycler(Runtime& rt, const Value&, const CallArgs& args) {
  if (!args.keywords.empty()) raise("cycler() takes no keyword arguments");
  if (args.positional.empty()) raise("at least one item has to be provided");
  Value value;
  value.kind = Kind::cycler;
  value.cycler = rt.arena.make<Cycler>(args.positional, size_t{0});
  return value;
}

Value joiner(Runtime& rt, const Value&, const CallArgs& args) {
  const auto [separator] = bind("joiner", args, {"sep"});
  Value value;
  value.kind = Kind::joiner;
  value.joiner = rt.arena.make<Joiner>(separator.is_missing() ? string_value(rt, ", ") : separator, false);
  return value;
}

Value raise_exception(Runtime& rt, const Value&, const CallArgs& args) {
  const auto [message] = bind("raise_exception", args, {"message"}, 1);
  raise("{}", view(rt, *to_text(rt, message)));
}

Value strftime_now(Runtime& rt, const Value&, const CallArgs& args) {
  const auto [format] = bind("strftime_now", args, {"format"}, 1);
  std::tm now{};
  if (rt.now) {
    now = *rt.now;
  } else {
    const std::time_t seconds = std::time(nullptr);
    localtime_r(&seconds, &now);
  }
  const Text& text = string_argument(rt, format, "strftime() argument 1");
  return string_value(rt, format_time(view(rt, text), now), main_origin(text));
}

Value lipsum(Runtime&, const Value&, const CallArgs&) {
  raise_unsupported("lipsum() is not supported");
}

}  // namespace

const Function* find_global(std::string_view name) {
  static const Function kGlobals[] = {{"range", range, {}},
                                      {"dict", dict, {}},
                                      {"namespace", name_space, {}},
                                      {"cycler", cycler, {}},
                                      {"joiner", joiner, {}},
                                      {"raise_exception", raise_exception, {}},
                                      {"strftime_now", strftime_now, {}},
                                      {"lipsum", lipsum, {}}};
  const auto* found = std::find_if(std::begin(kGlobals), std::end(kGlobals),
                                   [name](const Function& f) { return f.name == name; });
  return found == std::end(kGlobals) ? nullptr : found;
}

}  // namespace ferry::jinja
