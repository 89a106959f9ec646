// From a demand to its branches.

#include <algorithm>

#include "infer/grammar/schema_compiler.h"

namespace ferry {
namespace {

constexpr size_t kMaxBranches = 20'000;  // in one schema
constexpr int kMaxDepth = 64;            // of choices in choices
constexpr int kLookInside = 4;           // how deep one looks for a contradiction

bool has_container(const json::array& values) {
  return std::any_of(values.begin(), values.end(), [](const json::value& v) { return v.is_structured(); });
}

// The schema that only this value satisfies; of its members and items, the same in turn.
json::value schema_of(const json::value& value) {
  if (value.is_object()) {
    json::object properties;
    json::array required;
    for (const auto& member : value.get_object()) {
      properties[member.key()] = json::object{{"const", member.value()}};
      required.push_back(json::value(member.key()));
    }
    return json::object{{"type", "object"},
                        {"properties", std::move(properties)},
                        {"required", std::move(required)},
                        {"additionalProperties", false}};
  }
  json::array items;
  for (const json::value& item : value.get_array()) items.push_back(json::object{{"const", item}});
  const auto n = static_cast<int64_t>(items.size());
  return json::object{{"type", "array"}, {"prefixItems", std::move(items)}, {"minItems", n}, {"maxItems", n}};
}

}  // namespace

const json::value* SchemaCompiler::make_schema(const json::object& reason, std::string_view tag,
                                               json::value schema) {
  const json::value*& made = made_for_[{&reason, std::string(tag)}];
  if (made == nullptr) {
    made = &made_.emplace_back(std::move(schema));
    document_.place(*made, &reason);
    if (made->is_object()) mark_checked(made->get_object());
    parts_.pool.budget().spend_node();
  }
  return made;
}

// What has been made here may have keywords that others may not.
void SchemaCompiler::mark_checked(const json::object& schema) {
  checked_.insert(&schema);
  const json::value* properties = schema.if_contains("properties");
  if (properties == nullptr) return;
  for (const auto& member : properties->get_object()) {
    if (member.value().is_object()) mark_checked(member.value().get_object());
  }
}

Result<std::vector<SchemaCompiler::Branch>> SchemaCompiler::expand(const Demand& demand) {
  Expansion expansion;
  expansion.pending.assign(demand.begin(), demand.end());
  std::vector<Branch> branches;
  FERRY_TRY_VOID(expand_from(std::move(expansion), branches, 0));
  return branches;
}

Result<void> SchemaCompiler::expand_from(Expansion expansion, std::vector<Branch>& out, int depth) {
  if (depth > kMaxDepth || branches_ > kMaxBranches) {
    return fail(ErrorCode::resource_exhausted,
                "JSON Schema: anyOf, oneOf, enum and dependencies combine to too many cases");
  }
  FERRY_TRY_VOID(parts_.pool.budget().check());
  while (!expansion.pending.empty()) {
    const json::value* schema = expansion.pending.front();
    expansion.pending.pop_front();
    if (schema->is_bool()) {
      if (!schema->get_bool()) return {};
      continue;
    }
    FERRY_TRY_VOID(add_schema(*schema, expansion));
  }
  if (expansion.choices.empty()) {
    ++branches_;
    parts_.pool.budget().spend_node();
    out.push_back(std::move(expansion.leaves));
    return {};
  }
  Choice choice = std::move(expansion.choices.front());
  expansion.choices.pop_front();
  if (choice.one_only) FERRY_TRY_VOID(make_exclusive(expansion, choice, depth));
  for (const Alternative& alternative : choice.alternatives) {
    Expansion next = expansion;
    next.pending.assign(alternative.begin(), alternative.end());
    FERRY_TRY_VOID(expand_from(std::move(next), out, depth + 1));
  }
  return {};
}

Result<void> SchemaCompiler::add_schema(const json::value& value, Expansion& expansion) {
  if (!value.is_object()) {
    return document_.error(ErrorCode::invalid_argument, &value, "$ref", "leads to {} where a schema must be",
                           json_kind(value));
  }
  const json::object& schema = value.get_object();
  if (!expansion.seen.insert(&schema).second) return {};
  if (const json::value* reference = schema.if_contains("$ref")) {
    if (!reference->is_string()) {
      return document_.error(ErrorCode::invalid_argument, &schema, "$ref", "must be a string");
    }
    FERRY_TRY(const json::value* target, document_.resolve(schema, reference->get_string()));
    expansion.pending.push_back(target);
    if (document_.legacy()) return {};
  }
  FERRY_TRY_VOID(check_keywords(schema));
  FERRY_TRY(const auto all, schemas_of(schema, "allOf"));
  expansion.pending.insert(expansion.pending.end(), all.begin(), all.end());
  if (demands_anything(schema)) {
    expansion.leaves.push_back({&schema, false});
    FERRY_TRY_VOID(add_values(schema, expansion));
  }
  return add_combinations(schema, expansion);
}

Result<std::vector<const json::value*>> SchemaCompiler::schemas_of(const json::object& schema,
                                                                   std::string_view keyword) {
  std::vector<const json::value*> schemas;
  const json::value* list = schema.if_contains(keyword);
  if (list == nullptr) return schemas;
  if (!list->is_array() || list->get_array().empty()) {
    return document_.error(ErrorCode::invalid_argument, &schema, keyword, "must be a list of schemas");
  }
  for (const json::value& one : list->get_array()) {
    if (!one.is_object() && !one.is_bool()) {
      return document_.error(ErrorCode::invalid_argument, &schema, keyword, "must be a list of schemas");
    }
    schemas.push_back(&one);
  }
  return schemas;
}

Result<void> SchemaCompiler::add_combinations(const json::object& schema, Expansion& expansion) {
  for (const std::string_view keyword : {"anyOf", "oneOf"}) {
    FERRY_TRY(const auto schemas, schemas_of(schema, keyword));
    if (schemas.empty()) continue;
    Choice choice{&schema, keyword, {}, keyword == "oneOf" && schemas.size() > 1};
    for (const json::value* one : schemas) choice.alternatives.push_back({one});
    expansion.choices.push_back(std::move(choice));
  }
  for (const std::string_view keyword : {"dependentRequired", "dependentSchemas", "dependencies"}) {
    FERRY_TRY_VOID(add_dependencies(schema, keyword, expansion));
  }
  return add_conditions(schema, expansion);
}

// not; and if, then, else: either `if` holds and `then` with it, or it does not, and `else` holds.
Result<void> SchemaCompiler::add_conditions(const json::object& schema, Expansion& expansion) {
  FERRY_TRY(const json::value* negated, schema_in(schema, "not"));
  if (negated != nullptr) {
    FERRY_TRY(auto ways, ways_to_break(*negated));
    expansion.choices.push_back({&schema, "not", std::move(ways)});
  }
  if (const json::value* made = schema.if_contains("!not")) {
    FERRY_TRY(auto ways, ways_to_break(*negated_[static_cast<size_t>(made->to_number<uint64_t>())]));
    expansion.choices.push_back({&schema, "not", std::move(ways)});
  }
  FERRY_TRY(const json::value* condition, schema_in(schema, "if"));
  FERRY_TRY(const json::value* then, schema_in(schema, "then"));
  FERRY_TRY(const json::value* otherwise, schema_in(schema, "else"));
  if (condition == nullptr || (then == nullptr && otherwise == nullptr)) return {};
  Choice choice{&schema, "if", {}};
  FERRY_TRY(choice.alternatives, ways_to_break(*condition));
  for (Alternative& alternative : choice.alternatives) {
    if (otherwise != nullptr) alternative.push_back(otherwise);
  }
  choice.alternatives.push_back({condition});
  if (then != nullptr) choice.alternatives.back().push_back(then);
  expansion.choices.push_back(std::move(choice));
  return {};
}

// If the property is there, more must hold: either it is not, or it is and they do.
Result<void> SchemaCompiler::add_dependencies(const json::object& schema, std::string_view keyword,
                                              Expansion& expansion) {
  FERRY_TRY(const json::object* dependencies, object_in(schema, keyword));
  if (dependencies == nullptr) return {};
  for (const auto& member : *dependencies) {
    const std::string name(member.key());
    json::array required{json::value(member.key())};
    const json::value* then = nullptr;
    if (member.value().is_array()) {
      const json::array& names = member.value().get_array();
      required.insert(required.end(), names.begin(), names.end());
    } else if (member.value().is_string()) {
      required.push_back(member.value());
    } else {
      then = &member.value();
    }
    const json::value* absent =
        make_schema(schema, "no " + name, json::object{{"properties", json::object{{name, false}}}});
    const json::value* present = make_schema(schema, fmt::format("{} {}", keyword, name),
                                             json::object{{"required", std::move(required)}});
    Choice choice{&schema, keyword, {{absent}, {present}}};
    if (then != nullptr) choice.alternatives[1].push_back(then);
    expansion.choices.push_back(std::move(choice));
  }
  return {};
}

// Listed arrays and objects become schemas that only they satisfy; the scalars beside them, a shorter list.
Result<void> SchemaCompiler::add_values(const json::object& schema, Expansion& expansion) {
  const json::value* constant = schema.if_contains("const");
  const json::value* list = schema.if_contains("enum");
  if (list != nullptr && !list->is_array()) {
    return document_.error(ErrorCode::invalid_argument, &schema, "enum", "must be a list of values");
  }
  const bool constant_container = constant != nullptr && constant->is_structured();
  const bool listed_containers = list != nullptr && has_container(list->get_array());
  if (!constant_container && !listed_containers) return {};
  if (constant != nullptr && list != nullptr) {
    return document_.error(ErrorCode::unsupported, &schema, "const", "is not supported beside enum");
  }
  expansion.leaves.back().values_are_choices = true;
  Choice choice{&schema, constant_container ? "const" : "enum", {}};
  const json::array values = constant_container ? json::array{*constant} : list->get_array();
  json::array scalars;
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i].is_structured()) {
      choice.alternatives.push_back({make_schema(schema, fmt::format("value {}", i), schema_of(values[i]))});
    } else {
      scalars.push_back(values[i]);
    }
  }
  if (!scalars.empty()) {
    choice.alternatives.push_back(
        {make_schema(schema, "scalars", json::object{{"enum", std::move(scalars)}})});
  }
  expansion.choices.push_back(std::move(choice));
  return {};
}

// oneOf admits what exactly one alternative admits: anyOf, if no two of them can hold for one value. Where
// two can, each gets the other's negation beside it. While that is looked into, other oneOf count as anyOf.
Result<void> SchemaCompiler::make_exclusive(const Expansion& expansion, Choice& choice, int depth) {
  if (looking_) return {};
  const std::vector<Alternative> originals = choice.alternatives;
  for (size_t i = 0; i < originals.size(); ++i) {
    for (size_t j = i + 1; j < originals.size(); ++j) {
      looking_ = true;
      const auto overlapping = overlap(expansion, originals[i], originals[j], depth);
      looking_ = false;
      if (!overlapping) return tl::unexpected(overlapping.error());
      if (!*overlapping) continue;
      for (const auto& [kept, broken] : {std::pair(i, j), std::pair(j, i)}) {
        if (const auto ways = ways_to_break(*originals[broken].front()); !ways) {
          return document_.error(
              ErrorCode::unsupported, choice.schema, "oneOf",
              "has alternatives {} and {} that one value may satisfy both: make them exclude each "
              "other (by type, or a required property with different const), or use anyOf; {}",
              i, j, ways.error().message);
        }
        choice.alternatives[kept].push_back(negation_of(*originals[broken].front()));
      }
    }
  }
  return {};
}

Result<bool> SchemaCompiler::overlap(const Expansion& expansion, const Alternative& a, const Alternative& b,
                                     int depth) {
  Expansion both = expansion;
  both.choices.clear();
  both.pending.assign(a.begin(), a.end());
  both.pending.insert(both.pending.end(), b.begin(), b.end());
  std::vector<Branch> branches;
  FERRY_TRY_VOID(expand_from(std::move(both), branches, depth + 1));
  for (const Branch& branch : branches) {
    FERRY_TRY(const bool none, impossible(branch, kLookInside));
    if (!none) return true;
  }
  return false;
}

// No value satisfies the branch. false also when that is not plain to see.
Result<bool> SchemaCompiler::impossible(const Branch& branch, int depth) {
  if (branch.empty()) return false;
  FERRY_TRY(const uint8_t types, types_of(branch));
  FERRY_TRY(const Scalars scalars, scalars_of(branch, types));
  if (scalars.multiples || parts_.pool.live(scalars.texts)) return false;
  if ((types & kArray) != 0) {
    FERRY_TRY(const bool no_array, impossible_array(branch, depth));
    if (!no_array) return false;
  }
  if ((types & kObject) != 0) {
    FERRY_TRY(const bool no_object, impossible_object(branch, depth));
    if (!no_object) return false;
  }
  return true;
}

Result<bool> SchemaCompiler::impossible_demand(const Demand& demand, int depth) {
  if (depth == 0) return false;
  FERRY_TRY(const std::vector<Branch> branches, expand(sorted(demand)));
  for (const Branch& branch : branches) {
    FERRY_TRY(const bool none, impossible(branch, depth));
    if (!none) return false;
  }
  return true;
}

Result<bool> SchemaCompiler::impossible_object(const Branch& branch, int depth) {
  FERRY_TRY(const std::vector<std::string> required, required_in(branch));
  for (const std::string& name : required) {
    FERRY_TRY(const auto demand, member_demand(branch, name));
    if (!demand) return true;
    FERRY_TRY(const bool none, impossible_demand(*demand, depth - 1));
    if (none) return true;
  }
  return false;
}

Result<bool> SchemaCompiler::impossible_array(const Branch& branch, int depth) {
  FERRY_TRY(const Items items, items_of(branch));
  if (items.min > items.max) return true;
  for (size_t i = 0; i < items.first.size() && i < items.min; ++i) {
    FERRY_TRY(const bool none, impossible_demand(items.first[i], depth - 1));
    if (none) return true;
  }
  return false;
}

}  // namespace ferry
