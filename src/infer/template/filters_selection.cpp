// map, select, reject, selectattr, rejectattr: lazy, as Python's generators; bad arguments raise when the
// first item is asked for.

#include <algorithm>

#include "infer/template/filter_tables.h"

namespace ferry::jinja {
namespace {

std::string_view called_name(Runtime& rt, const Value& name, std::string_view what) {
  if (!name.is_string()) raise("No {} named {} found.", what, repr(rt, name));
  return view(rt, *name.text);
}

class Mapped final : public Iterator {
 public:
  Mapped(const Value& source, const CallArgs& args) : source_(source), args_(args) {}

  bool advance(Runtime& rt, Value& item) override {
    if (items_ == nullptr) {
      if (!truthy(source_)) return false;
      prepare(rt);
      items_ = iterate(rt, source_);
    }
    Value given;
    if (!items_->next(rt, given)) return false;
    rt.charge(1);
    item = by_attribute_ ? attribute_of(rt, given) : filter_(rt, given, args_);
    return true;
  }

 private:
  void prepare(Runtime& rt) {
    const auto has_attribute = std::any_of(args_.keywords.begin(), args_.keywords.end(),
                                           [](const Keyword& k) { return k.name == "attribute"; });
    if (args_.positional.empty() && has_attribute) {
      by_attribute_ = true;
      for (const Keyword& keyword : args_.keywords) {
        if (keyword.name == "attribute") {
          path_ = keyword.value;
        } else if (keyword.name == "default") {
          default_ = keyword.value;
        } else {
          raise("Unexpected keyword argument '{}'", keyword.name);
        }
      }
      return;
    }
    if (args_.positional.empty()) raise("map requires a filter argument");
    const std::string_view name = called_name(rt, args_.positional[0], "filter");
    filter_ = find_filter(name);
    if (filter_ == nullptr) raise("No filter named '{}'.", name);
    args_.positional = args_.positional.subspan(1);
  }

  // Every step of the path may be absent.
  Value attribute_of(Runtime& rt, const Value& item) const {
    const bool has_default = !default_.is_missing() && !default_.is(Kind::none);
    if (!has_default || !path_.is_string()) {
      const Value found = get_path(rt, item, path_);
      return has_default && found.is_undefined() ? default_ : found;
    }
    Value found = item;
    const std::string_view path = view(rt, *path_.text);
    for (size_t begin = 0; begin <= path.size();) {
      const size_t end = std::min(path.find('.', begin), path.size());
      found = get_path(rt, found, Value::of(slice_bytes(rt, *path_.text, begin, end)));
      if (found.is_undefined()) found = default_;
      begin = end + 1;
    }
    return found;
  }

  Value source_;
  CallArgs args_;
  bool by_attribute_ = false;
  Value path_;
  Value default_;
  Callable filter_ = nullptr;
  Iterator* items_ = nullptr;
};

class Selected final : public Iterator {
 public:
  Selected(const Value& source, const CallArgs& args, bool wanted, bool by_attribute)
      : source_(source), args_(args), wanted_(wanted), by_attribute_(by_attribute) {}

  bool advance(Runtime& rt, Value& item) override {
    if (items_ == nullptr) {
      if (!truthy(source_)) return false;
      prepare(rt);
      items_ = iterate(rt, source_);
    }
    while (items_->next(rt, item)) {
      rt.charge(1);
      const Value tested = by_attribute_ ? get_path(rt, item, path_) : item;
      const bool passes = truthy(test_ == nullptr ? tested : test_(rt, tested, args_));
      if (passes == wanted_) return true;
    }
    return false;
  }

 private:
  void prepare(Runtime& rt) {
    if (by_attribute_) {
      if (args_.positional.empty()) raise("Missing parameter for attribute name");
      path_ = args_.positional[0];
      args_.positional = args_.positional.subspan(1);
    }
    if (args_.positional.empty()) return;
    const std::string_view name = called_name(rt, args_.positional[0], "test");
    test_ = find_test(name);
    if (test_ == nullptr) raise("No test named '{}'.", name);
    args_.positional = args_.positional.subspan(1);
  }

  Value source_;
  CallArgs args_;
  bool wanted_;
  bool by_attribute_;
  Value path_;
  Callable test_ = nullptr;  // null: by truth
  Iterator* items_ = nullptr;
};

Value map_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  return Value::of(rt.arena.make<Mapped>(self, args));
}

template <bool wanted, bool by_attribute>
Value select_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  return Value::of(rt.arena.make<Selected>(self, args, wanted, by_attribute));
}

}  // namespace

std::span<const NamedFilter> selection_filters() {
  static constexpr NamedFilter kFilters[] = {{"map", map_filter},
                                             {"select", select_filter<true, false>},
                                             {"reject", select_filter<false, false>},
                                             {"selectattr", select_filter<true, true>},
                                             {"rejectattr", select_filter<false, true>}};
  return kFilters;
}

}  // namespace ferry::jinja
