// Objects: declared properties in their order, then others.

#include <algorithm>

#include "infer/grammar/schema_compiler.h"

namespace ferry {
namespace {

constexpr size_t kMaxPatterns =
    6;  // different patternProperties in one branch: their combinations are followed

bool is_false(const json::value* schema) {
  return schema->is_bool() && !schema->get_bool();
}

}  // namespace

Result<std::vector<std::string>> SchemaCompiler::required_in(const Branch& branch) {
  std::vector<std::string> required;
  std::set<std::string, std::less<>> seen;
  for (const Leaf& leaf : branch) {
    const json::value* names = leaf.schema->if_contains("required");
    if (names == nullptr) continue;
    if (!names->is_array()) {
      return document_.error(ErrorCode::invalid_argument, leaf.schema, "required",
                             "must be a list of names, not {}", json_kind(*names));
    }
    for (const json::value& name : names->get_array()) {
      if (!name.is_string()) {
        return document_.error(ErrorCode::invalid_argument, leaf.schema, "required",
                               "must be a list of names");
      }
      if (seen.emplace(name.get_string()).second) required.emplace_back(name.get_string());
    }
  }
  return required;
}

Result<RegexId> SchemaCompiler::plain_pattern(const json::object& schema, std::string_view pattern) {
  if (const auto known = plain_patterns_.find(pattern); known != plain_patterns_.end()) return known->second;
  FERRY_TRY(const RegexTree* tree, pattern_tree(schema, "patternProperties", pattern));
  auto texts = parts_.plain.search(*tree);
  if (!texts) {
    return document_.error(texts.error().code, &schema, "patternProperties", "{}", texts.error().message);
  }
  plain_patterns_.emplace(pattern, *texts);
  return *texts;
}

// What a property of this name must satisfy; nothing when there may be no such property.
Result<std::optional<SchemaCompiler::Demand>> SchemaCompiler::member_demand(const Branch& branch,
                                                                            std::string_view name) {
  Demand demand;
  for (const Leaf& leaf : branch) {
    const json::object& schema = *leaf.schema;
    bool spoken = false;
    FERRY_TRY(const json::object* properties, object_in(schema, "properties"));
    if (properties != nullptr && properties->contains(name)) {
      FERRY_TRY(const json::value* own, schema_in(*properties, name));
      demand.push_back(own);
      spoken = true;
    }
    FERRY_TRY(const json::object* patterns, object_in(schema, "patternProperties"));
    if (patterns != nullptr) {
      for (const auto& member : *patterns) {
        FERRY_TRY(const RegexId pattern, plain_pattern(schema, member.key()));
        if (!parts_.pool.matches(pattern, name)) continue;
        FERRY_TRY(const json::value* own, schema_in(*patterns, member.key()));
        demand.push_back(own);
        spoken = true;
      }
    }
    FERRY_TRY(const json::value* others, schema_in(schema, "additionalProperties"));
    if (!spoken && others != nullptr) demand.push_back(others);
  }
  if (std::any_of(demand.begin(), demand.end(), is_false)) return std::nullopt;
  return demand;
}

// Declared ones in the order of their declaration, then those that are only required. possible = false: a
// required one may not be there.
Result<std::vector<SchemaCompiler::Member>> SchemaCompiler::members_of(const Branch& branch, bool& possible) {
  possible = true;
  FERRY_TRY(const std::vector<std::string> required, required_in(branch));
  const std::set<std::string, std::less<>> needed_names(required.begin(), required.end());
  FERRY_TRY(const RegexId names, name_language(branch));
  std::vector<std::string> order;
  std::set<std::string, std::less<>> seen;
  for (const Leaf& leaf : branch) {
    FERRY_TRY(const json::object* properties, object_in(*leaf.schema, "properties"));
    if (properties == nullptr) continue;
    for (const auto& member : *properties) {
      if (seen.emplace(member.key()).second) order.emplace_back(member.key());
    }
  }
  for (const std::string& name : required) {
    if (seen.insert(name).second) order.push_back(name);
  }
  std::vector<Member> members;
  for (const std::string& name : order) {
    FERRY_TRY_VOID(parts_.pool.budget().check());
    FERRY_TRY(auto demand, member_demand(branch, name));
    const bool needed = needed_names.contains(name);
    const bool allowed = demand.has_value() && parts_.pool.matches(names, canonical_content(name));
    if (!allowed && needed) possible = false;
    if (allowed) members.push_back({name, sorted(*std::move(demand)), needed});
  }
  return members;
}

// The canonical spellings of the names that propertyNames allows.
Result<RegexId> SchemaCompiler::name_language(const Branch& branch) {
  RegexPool& pool = parts_.pool;
  RegexId names = parts_.json.any_text();
  for (const Leaf& leaf : branch) {
    FERRY_TRY(const json::value* schema, schema_in(*leaf.schema, "propertyNames"));
    if (schema == nullptr) continue;
    FERRY_TRY(const std::vector<Branch> ways, expand(sorted({schema})));
    std::vector<RegexId> some;
    for (const Branch& way : ways) {
      FERRY_TRY(const uint8_t types, types_of(way));
      if ((types & kString) == 0) continue;
      if (const auto values = listed_values(way)) {
        FERRY_TRY(const std::vector<std::string> listed, listed_strings(way, *values));
        some.push_back(pool.literals(std::vector<std::string_view>(listed.begin(), listed.end())));
        continue;
      }
      FERRY_TRY(const auto content, string_content(way));
      some.push_back(content ? *content : parts_.json.any_text());
    }
    names = pool.both(names, pool.alt(std::move(some)));
  }
  return names;
}

// Properties of other names, sorted by which patternProperties they match.
Result<std::vector<SchemaCompiler::Extra>> SchemaCompiler::extras_of(const Branch& branch,
                                                                     const std::vector<Member>& members) {
  RegexPool& pool = parts_.pool;
  std::vector<std::string_view> patterns;
  std::vector<RegexId> texts;
  std::vector<std::string> declared;
  bool mentioned = false;  // additionalProperties, anywhere
  for (const Leaf& leaf : branch) {
    mentioned = mentioned || leaf.schema->contains("additionalProperties");
    FERRY_TRY(const json::object* properties, object_in(*leaf.schema, "properties"));
    if (properties != nullptr) {
      for (const auto& member : *properties) declared.push_back(canonical_content(member.key()));
    }
    FERRY_TRY(const json::object* own, object_in(*leaf.schema, "patternProperties"));
    if (own == nullptr) continue;
    for (const auto& member : *own) {
      if (std::find(patterns.begin(), patterns.end(), std::string_view(member.key())) != patterns.end())
        continue;
      FERRY_TRY(const RegexTree* tree, pattern_tree(*leaf.schema, "patternProperties", member.key()));
      auto matching = parts_.json.search(*tree);
      if (!matching) {
        return document_.error(matching.error().code, leaf.schema, "patternProperties", "{}",
                               matching.error().message);
      }
      patterns.push_back(member.key());
      texts.push_back(*matching);
      if (patterns.size() > kMaxPatterns) {
        return document_.error(ErrorCode::unsupported, leaf.schema, "patternProperties",
                               "with more than {} patterns is not supported", kMaxPatterns);
      }
    }
  }
  for (const Member& member : members) declared.push_back(canonical_content(member.name));
  FERRY_TRY(const RegexId names, name_language(branch));
  const RegexId others = pool.both(
      names, pool.complement(pool.literals(std::vector<std::string_view>(declared.begin(), declared.end()))));
  const bool closed = closed_objects_ && !mentioned && (!declared.empty() || !patterns.empty());
  std::vector<Extra> extras;
  for (size_t subset = 0; subset < size_t{1} << patterns.size(); ++subset) {
    if (subset == 0 && closed) continue;
    std::vector<RegexId> key{others};
    const auto matched = [&](std::string_view pattern) {
      const auto at = std::find(patterns.begin(), patterns.end(), pattern) - patterns.begin();
      return (subset >> at & 1) != 0;
    };
    for (size_t i = 0; i < patterns.size(); ++i) {
      key.push_back((subset >> i & 1) != 0 ? texts[i] : pool.complement(texts[i]));
    }
    Demand demand;
    for (const Leaf& leaf : branch) {
      bool spoken = false;
      FERRY_TRY(const json::object* own, object_in(*leaf.schema, "patternProperties"));
      if (own != nullptr) {
        for (const auto& member : *own) {
          if (!matched(member.key())) continue;
          FERRY_TRY(const json::value* schema, schema_in(*own, member.key()));
          demand.push_back(schema);
          spoken = true;
        }
      }
      FERRY_TRY(const json::value* rest, schema_in(*leaf.schema, "additionalProperties"));
      if (!spoken && rest != nullptr) demand.push_back(rest);
    }
    if (std::any_of(demand.begin(), demand.end(), is_false)) continue;
    const RegexId content = pool.both(std::move(key));
    if (pool.live(content)) extras.push_back({content, sorted(std::move(demand))});
  }
  return extras;
}

Result<SymbolId> SchemaCompiler::extra_symbol(const std::vector<Extra>& extras, bool with_comma) {
  RuleSet& rules = parts_.rules;
  const RuleId rule = rules.add_rule("property");
  for (const Extra& extra : extras) {
    FERRY_TRY(const SymbolId value, value_of(extra.value));
    std::vector<SymbolId> symbols{rules.terminal(text_.key(extra.key_content)), value};
    if (with_comma) symbols.insert(symbols.begin(), text_.comma());
    rules.add_alternative(rule, std::move(symbols));
  }
  return rules.rule(rule);
}

Result<void> SchemaCompiler::add_object(RuleId rule, const Branch& branch) {
  bool possible = true;
  FERRY_TRY(const std::vector<Member> members, members_of(branch, possible));
  FERRY_TRY(const Counts counts, counts_in(branch, "minProperties", "maxProperties"));
  if (!possible || counts.min > counts.max) return {};
  FERRY_TRY(const std::vector<Extra> extras, extras_of(branch, members));
  if (counts.min > members.size() + (extras.empty() ? 0 : 1) && !extras.empty()) {
    const auto demanding = std::find_if(branch.begin(), branch.end(), [](const Leaf& leaf) {
      return leaf.schema->contains("minProperties");
    });
    return document_.error(
        ErrorCode::unsupported, demanding->schema, "minProperties",
        "is supported up to one more than there are named properties: a grammar cannot keep "
        "other names from being equal");
  }
  return add_members(rule, members, extras, counts);
}

Result<void> SchemaCompiler::add_members(RuleId rule, const std::vector<Member>& members,
                                         const std::vector<Extra>& extras, const Counts& counts) {
  RuleSet& rules = parts_.rules;
  FERRY_TRY(const RuleId in_order, members_in_order(members, extras, counts));
  SymbolId inside = rules.rule(in_order);
  const bool has_choice = members.size() > 1 || (!members.empty() && !extras.empty());
  if (!in_order_ && has_choice && members.size() <= MemberSet::kMost) {
    FERRY_TRY(MemberSet set, members_in_any_order(members, extras, counts));
    set.in_order = in_order;
    inside = rules.members(std::move(set));
  }
  rules.add_alternative(rule, {text_.open_object(), inside});
  return {};
}

Result<MemberSet> SchemaCompiler::members_in_any_order(const std::vector<Member>& members,
                                                       const std::vector<Extra>& extras,
                                                       const Counts& counts) {
  RuleSet& rules = parts_.rules;
  MemberSet set;
  set.comma = text_.comma();
  set.most = counts.max;
  for (const Member& member : members) {
    if (member.required) set.required |= uint64_t{1} << set.members.size();
    FERRY_TRY(const SymbolId value, value_of(member.value));
    set.members.push_back({rules.terminal(text_.key(text_.string_content(member.name))), value});
  }
  const size_t all = members.size() + 1;
  const bool anywhere =
      !extras.empty() && counts.max == kNoLimit;  // otherwise at the end, where they are counted
  if (anywhere) {
    FERRY_TRY(set.other, extra_symbol(extras, false));
  }
  FERRY_TRY(const std::vector<RuleId> rest, add_rest(all, anywhere ? std::vector<Extra>{} : extras, counts));
  for (const RuleId end : rest) set.ends.push_back(rules.rule(end));
  return set;
}

// One rule for each place between the properties and each count of those before it (as far as counts matter):
// what may come there.
Result<RuleId> SchemaCompiler::members_in_order(const std::vector<Member>& members,
                                                const std::vector<Extra>& extras, const Counts& counts) {
  RuleSet& rules = parts_.rules;
  const size_t n = members.size();
  const bool max_matters = counts.max < n || (!extras.empty() && counts.max != kNoLimit);
  const size_t top = std::max<size_t>(
      {1, std::min<uint64_t>(counts.min, n), max_matters ? std::min<uint64_t>(counts.max, n) : 0});
  FERRY_TRY(std::vector<RuleId> next, add_rest(top, extras, counts));
  for (size_t i = n; i > 0; --i) {
    const Member& member = members[i - 1];
    FERRY_TRY_VOID(parts_.pool.budget().check());
    FERRY_TRY(const SymbolId value, value_of(member.value));
    const SymbolId key = rules.terminal(text_.key(text_.string_content(member.name)));
    std::vector<RuleId> here;
    for (size_t count = 0; count <= std::min(top, i - 1); ++count) {
      here.push_back(rules.add_rule("properties"));
      if (!member.required) rules.add_alternative(here.back(), {rules.rule(next[count])});
      if (max_matters && count >= counts.max) continue;
      std::vector<SymbolId> symbols{key, value, rules.rule(next[std::min(count + 1, top)])};
      if (count > 0) symbols.insert(symbols.begin(), text_.comma());
      rules.add_alternative(here.back(), std::move(symbols));
    }
    next = std::move(here);
  }
  return next[0];
}

// After the declared properties, by how many of them there were: others, and the end.
Result<std::vector<RuleId>> SchemaCompiler::add_rest(size_t top, const std::vector<Extra>& extras,
                                                     const Counts& counts) {
  RuleSet& rules = parts_.rules;
  std::optional<SymbolId> first;
  std::optional<SymbolId> later;
  if (!extras.empty()) {
    FERRY_TRY(first, extra_symbol(extras, false));
    FERRY_TRY(later, extra_symbol(extras, true));
  }
  std::vector<RuleId> rest;
  for (size_t count = 0; count <= top; ++count) {
    rest.push_back(rules.add_rule("end"));
    const uint64_t missing = counts.min > count ? counts.min - count : 0;
    const uint64_t most =
        counts.max == kNoLimit ? kNoLimit : counts.max - std::min<uint64_t>(count, counts.max);
    if (missing == 0)
      rules.add_alternative(rest.back(), {count == 0 ? text_.end_empty_object() : text_.close_object()});
    // Names may be equal, so that more of them count as one.
    if (!first || missing > 1 || most == 0) continue;
    std::vector<SymbolId> symbols;
    if (count == 0) {
      symbols.push_back(*first);
      if (most > 1)
        symbols.push_back(rules.repeat(*later, 0, repeat_limit(most == kNoLimit ? most : most - 1)));
    } else {
      symbols.push_back(rules.repeat(*later, 1, repeat_limit(most)));
    }
    symbols.push_back(text_.close_object());
    rules.add_alternative(rest.back(), std::move(symbols));
  }
  return rest;
}

}  // namespace ferry
