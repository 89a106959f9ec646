#include "base/schema/json_schema.h"

#include <algorithm>
#include <array>

#include "base/core/utf8.h"
#include "base/schema/json_compare.h"
#include "base/schema/schema_graph.h"

namespace ferry {
namespace {

constexpr int kMaxDepth = 512;
constexpr size_t kMaxPathBytes = 100;

unsigned type_of(const json::value& value) {
  if (value.is_null()) return kNullType;
  if (value.is_bool()) return kBooleanType;
  if (value.is_string()) return kStringType;
  if (value.is_array()) return kArrayType;
  if (value.is_object()) return kObjectType;
  return is_integer(value) ? kIntegerType : kNumberType;
}

// The number type has the integer's bit as well.
std::string names_of(unsigned types) {
  constexpr auto kNames = std::to_array<std::pair<unsigned, std::string_view>>({
      {kNullType, "null"},
      {kBooleanType, "true or false"},
      {kNumberType, "a number"},
      {kIntegerType, "an integer"},
      {kStringType, "a string"},
      {kArrayType, "an array"},
      {kObjectType, "an object"},
  });
  std::vector<std::string_view> names;
  for (const auto& [type, name] : kNames) {
    const bool is_told = type == kIntegerType && (types & kNumberType) != 0;
    if ((types & type) != 0 && !is_told) names.push_back(name);
  }
  return fmt::format("{}", fmt::join(names, " or "));
}

int64_t characters_of(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

// Which members, or items, of one value some keyword has looked at: what unevaluated… is about.
using Seen = std::vector<bool>;

void add(Seen& seen, const Seen& more) {
  for (size_t i = 0; i < more.size(); ++i) {
    if (more[i]) seen[i] = true;
  }
}

class Check {
 public:
  Check(const SchemaGraph& graph, Work& work) : graph_(graph), work_(work) {}

  Result<void> run(const json::value& document) {
    Seen seen = unseen(document);
    const bool keeps = holds(0, document, seen);
    if (work_.is_spent())
      return fail(ErrorCode::resource_exhausted, "the schema takes too much work to check");
    if (endless_)
      return fail(ErrorCode::resource_exhausted,
                  "the schema refers to itself without end, or the document is nested too deep");
    if (keeps) return {};
    return tl::unexpected(Error{ErrorCode::invalid_argument, std::move(reason_)});
  }

 private:
  static size_t parts_of(const json::value& value) {
    if (const json::object* object = value.if_object()) return object->size();
    if (const json::array* array = value.if_array()) return array->size();
    return 0;
  }
  Seen unseen(const json::value& value) {
    if (!graph_.has_unevaluated) return {};
    const size_t parts = parts_of(value);
    work_.spend(static_cast<int64_t>(parts / 64));
    return Seen(parts);
  }
  void see(Seen& seen, size_t part) const {
    if (graph_.has_unevaluated) seen[part] = true;
  }

  // Says why, unless a failure here decides nothing yet.
  template <class... Args>
  bool no(fmt::format_string<Args...> format, Args&&... args) {
    if (quiet_ > 0 || !reason_.empty()) return false;
    reason_ = place() + " " + fmt::format(format, std::forward<Args>(args)...);
    return false;
  }

  struct Step {
    std::string_view name;
    size_t index;
  };

  std::string place() const {
    if (path_.empty()) return "the document";
    std::string text;
    for (const Step& step : path_) {
      text += '/';
      step.index == SIZE_MAX ? text.append(step.name) : text.append(std::to_string(step.index));
      if (text.size() > kMaxPathBytes) break;
    }
    if (text.size() <= kMaxPathBytes) return text;
    text.resize(kMaxPathBytes);
    text.resize(text.size() - incomplete_utf8_tail(text));
    return text + "…";
  }

  // Whether the value keeps to the schema. Marks in `seen` what was looked at, if it does.
  bool holds(SchemaNodeId id, const json::value& value, Seen& seen) {
    if (!work_.spend(1) || endless_) return false;
    if (depth_ >= kMaxDepth) return endless_ = true, false;
    ++depth_;
    const SchemaNode& node = graph_.nodes[static_cast<size_t>(id)];
    // A schema sees what its own keywords looked at, and not what the schemas beside it did.
    Seen own = unseen(value);
    const bool keeps =
        holds_itself(node, value) && holds_logic(node, value, own) && holds_parts(node, value, own);
    if (keeps) add(seen, own);
    --depth_;
    return keeps;
  }
  // Of a part of the value.
  bool part_holds(SchemaNodeId id, const json::value& value, Step step) {
    path_.push_back(step);
    Seen seen = unseen(value);
    const bool keeps = holds(id, value, seen);
    path_.pop_back();
    return keeps;
  }
  // Without a word about it.
  bool would_hold(SchemaNodeId id, const json::value& value, Seen& seen) {
    ++quiet_;
    const bool keeps = holds(id, value, seen);
    --quiet_;
    return keeps;
  }

  bool holds_itself(const SchemaNode& node, const json::value& value) {
    if (node.never) return no("is not allowed");
    if (node.types != 0 && (node.types & type_of(value)) == 0)
      return no("must be {}, not {}", names_of(node.types), json_kind(value));
    if (node.constant != nullptr && compare_json(value, *node.constant, work_) != 0)
      return no("must be what the schema's const says");
    if (node.enumeration != nullptr && !is_listed(value, *node.enumeration))
      return no("must be one of the schema's {} values", node.enumeration->size());
    if (value.is_number()) return number_holds(node, value);
    if (value.is_string()) return text_holds(node, value.get_string());
    return true;
  }

  bool is_listed(const json::value& value, const json::array& list) {
    return std::any_of(list.begin(), list.end(),
                       [&](const json::value& one) { return compare_json(value, one, work_) == 0; });
  }

  bool number_holds(const SchemaNode& node, const json::value& value) {
    const auto order = [&](const json::value* bound) { return compare_numbers(value, *bound); };
    if (node.minimum != nullptr && order(node.minimum) < 0)
      return no("must be at least {}", to_json(*node.minimum));
    if (node.maximum != nullptr && order(node.maximum) > 0)
      return no("must be at most {}", to_json(*node.maximum));
    if (node.exclusive_minimum != nullptr && order(node.exclusive_minimum) <= 0)
      return no("must be above {}", to_json(*node.exclusive_minimum));
    if (node.exclusive_maximum != nullptr && order(node.exclusive_maximum) >= 0)
      return no("must be below {}", to_json(*node.exclusive_maximum));
    if (node.multiple_of != nullptr && !is_multiple(value, *node.multiple_of))
      return no("must be a multiple of {}", to_json(*node.multiple_of));
    return true;
  }

  bool size_holds(const SizeBounds& bounds, int64_t size, std::string_view what) {
    if (size < bounds.least) return no("must have at least {} {}, and has {}", bounds.least, what, size);
    if (size > bounds.most) return no("must have at most {} {}, and has {}", bounds.most, what, size);
    return true;
  }

  bool text_holds(const SchemaNode& node, std::string_view text) {
    if (!work_.spend(static_cast<int64_t>(text.size() / 64))) return false;
    if (!size_holds(node.length, characters_of(text), "characters")) return false;
    return node.pattern == nullptr || matches(*node.pattern, text) || no("must match the schema's pattern");
  }

  // What takes too long is found in `work_`; what cannot be searched matches nothing.
  bool matches(const Pattern& pattern, std::string_view text) {
    const Result<bool> found = pattern.search(text, work_);
    if (!found && found.error().code == ErrorCode::resource_exhausted) work_.spend(Work::kUsual);
    return found.value_or(false);
  }

  bool holds_logic(const SchemaNode& node, const json::value& value, Seen& seen) {
    for (const SchemaNodeId id : node.all_of) {
      if (!holds(id, value, seen)) return false;
    }
    if (!node.any_of.empty() && count_holding(node.any_of, value, seen, false) == 0)
      return no("keeps to none of the schemas of anyOf");
    if (!node.one_of.empty()) {
      const size_t kept = count_holding(node.one_of, value, seen, true);
      if (kept != 1) return no("keeps to {} of the schemas of oneOf", kept == 0 ? "none" : "more than one");
    }
    return negation_holds(node, value) && condition_holds(node, value, seen);
  }

  // At most two are counted where only `one` may hold; all are looked at only where that marks something.
  size_t count_holding(const std::vector<SchemaNodeId>& all, const json::value& value, Seen& seen, bool one) {
    size_t kept = 0;
    for (const SchemaNodeId id : all) {
      if (!would_hold(id, value, seen)) continue;
      ++kept;
      if (one ? kept > 1 : !graph_.has_unevaluated) break;
    }
    return kept;
  }

  bool negation_holds(const SchemaNode& node, const json::value& value) {
    if (node.negated == kNoSchema) return true;
    Seen unused = unseen(value);
    return !would_hold(node.negated, value, unused) || no("keeps to the schema of not");
  }

  bool condition_holds(const SchemaNode& node, const json::value& value, Seen& seen) {
    if (node.condition == kNoSchema) return true;
    const bool applies = would_hold(node.condition, value, seen);
    const SchemaNodeId next = applies ? node.then : node.otherwise;
    return next == kNoSchema || holds(next, value, seen);
  }

  bool holds_parts(const SchemaNode& node, const json::value& value, Seen& seen) {
    if (const json::array* array = value.if_array()) return array_holds(node, *array, seen);
    if (const json::object* object = value.if_object()) return object_holds(node, *object, value, seen);
    return true;
  }

  bool array_holds(const SchemaNode& node, const json::array& array, Seen& seen) {
    if (!work_.spend(static_cast<int64_t>(array.size()))) return false;
    if (!size_holds(node.items_count, static_cast<int64_t>(array.size()), "items")) return false;
    for (size_t i = 0; i < array.size(); ++i) {
      const SchemaNodeId schema = i < node.prefix_items.size() ? node.prefix_items[i] : node.items;
      if (schema == kNoSchema) continue;
      if (!part_holds(schema, array[i], {{}, i})) return false;
      see(seen, i);
    }
    if (node.contains != kNoSchema && !contains_holds(node, array, seen)) return false;
    if (node.unique_items && !are_unique(array)) return no("must not have an item twice");
    if (node.unevaluated_items == kNoSchema) return true;
    for (size_t i = 0; i < array.size(); ++i) {
      if (seen[i]) continue;
      if (!part_holds(node.unevaluated_items, array[i], {{}, i})) return false;
      see(seen, i);
    }
    return true;
  }

  bool contains_holds(const SchemaNode& node, const json::array& array, Seen& seen) {
    int64_t kept = 0;
    for (size_t i = 0; i < array.size(); ++i) {
      Seen unused = unseen(array[i]);
      if (!would_hold(node.contains, array[i], unused)) continue;
      see(seen, i);
      ++kept;
    }
    return size_holds(node.contains_count, kept, "items that keep to the schema of contains");
  }

  bool are_unique(const json::array& array) {
    if (!work_.spend(static_cast<int64_t>(array.size()))) return false;
    std::vector<const json::value*> sorted;
    for (const json::value& one : array) sorted.push_back(&one);
    // Merging, for it stays within its bounds even when the work is spent and the order breaks off.
    std::stable_sort(sorted.begin(), sorted.end(),
                     [&](const auto* a, const auto* b) { return compare_json(*a, *b, work_) < 0; });
    return std::adjacent_find(sorted.begin(), sorted.end(), [&](const auto* a, const auto* b) {
             return compare_json(*a, *b, work_) == 0;
           }) == sorted.end();
  }

  bool object_holds(const SchemaNode& node, const json::object& object, const json::value& value,
                    Seen& seen) {
    const size_t conditions = node.dependent_required.size() + node.dependent_schemas.size();
    if (!work_.spend(static_cast<int64_t>(object.size() + conditions))) return false;
    if (!size_holds(node.members_count, static_cast<int64_t>(object.size()), "properties")) return false;
    if (!has_all(node.required, object)) return false;
    for (const auto& [name, needed] : node.dependent_required) {
      if (object.contains(name) && !has_all(needed, object)) return false;
    }
    for (const auto& [name, schema] : node.dependent_schemas) {
      if (object.contains(name) && !holds(schema, value, seen)) return false;
    }
    size_t index = 0;
    for (const auto& member : object) {
      if (!member_holds(node, member, index, seen)) return false;
      ++index;
    }
    return node.unevaluated_properties == kNoSchema || rest_holds(node, object, seen);
  }

  bool has_all(const std::vector<std::string_view>& names, const json::object& object) {
    if (!work_.spend(static_cast<int64_t>(names.size()))) return false;
    const auto missing = std::find_if(names.begin(), names.end(),
                                      [&](std::string_view name) { return !object.contains(name); });
    return missing == names.end() || no("must have \"{}\"", missing->substr(0, kMaxPathBytes));
  }

  bool member_holds(const SchemaNode& node, const json::key_value_pair& member, size_t index, Seen& seen) {
    const std::string_view name = member.key();
    const Step step{name, SIZE_MAX};
    bool is_known = false;
    if (const auto found = node.properties.find(name); found != node.properties.end()) {
      is_known = true;
      if (!part_holds(found->second, member.value(), step)) return false;
    }
    for (const auto& [pattern, schema] : node.pattern_properties) {
      if (!matches(*pattern, name)) continue;
      is_known = true;
      if (!part_holds(schema, member.value(), step)) return false;
    }
    if (!is_known && node.additional_properties != kNoSchema) {
      is_known = true;
      if (!part_holds(node.additional_properties, member.value(), step)) return false;
    }
    if (is_known) see(seen, index);
    return node.property_names == kNoSchema || part_holds(node.property_names, json::value(name), step);
  }

  bool rest_holds(const SchemaNode& node, const json::object& object, Seen& seen) {
    size_t index = 0;
    for (const auto& member : object) {
      if (!seen[index]) {
        if (!part_holds(node.unevaluated_properties, member.value(), {member.key(), SIZE_MAX})) return false;
        see(seen, index);
      }
      ++index;
    }
    return true;
  }

  const SchemaGraph& graph_;
  Work& work_;
  std::vector<Step> path_;
  std::string reason_;
  int quiet_ = 0;
  int depth_ = 0;
  bool endless_ = false;
};

}  // namespace

Result<JsonSchema> JsonSchema::compile(const json::value& schema) {
  FERRY_TRY(auto graph, compile_schema(schema));
  return JsonSchema(std::move(graph));
}

Result<void> JsonSchema::check(const json::value& document) const {
  Work work;
  return check(document, work);
}

Result<void> JsonSchema::check(const json::value& document, Work& work) const {
  return Check(*graph_, work).run(document);
}

}  // namespace ferry
