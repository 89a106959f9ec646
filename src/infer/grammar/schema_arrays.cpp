#include <algorithm>

#include "infer/grammar/schema_compiler.h"

namespace ferry {
namespace {

bool is_false(const json::value* schema) {
  return schema->is_bool() && !schema->get_bool();
}

}  // namespace

Result<SchemaCompiler::Items> SchemaCompiler::items_of(const Branch& branch) {
  struct Spoken {  // what one schema says
    const json::array* first;
    const json::value* rest;
  };
  std::vector<Spoken> all;
  Items items;
  FERRY_TRY(const Counts counts, counts_in(branch, "minItems", "maxItems"));
  items.min = counts.min;
  items.max = counts.max;
  size_t longest = 0;
  for (const Leaf& leaf : branch) {
    const json::object& schema = *leaf.schema;
    const json::value* first = schema.if_contains("prefixItems");
    std::string_view first_name = "prefixItems";
    std::string_view rest_name = "items";
    if (const json::value* list = schema.if_contains("items"); list != nullptr && list->is_array()) {
      if (first != nullptr) {
        return document_.error(ErrorCode::invalid_argument, &schema, "items",
                               "must be a schema beside prefixItems");
      }
      first = list;
      first_name = "items";
      rest_name = "additionalItems";
    }
    if (first != nullptr && !first->is_array()) {
      return document_.error(ErrorCode::invalid_argument, &schema, first_name, "must be a list of schemas");
    }
    if (first != nullptr && !first->get_array().empty()) FERRY_TRY_VOID(schemas_of(schema, first_name));
    FERRY_TRY(const json::value* rest, schema_in(schema, rest_name));
    if (first != nullptr) longest = std::max(longest, first->get_array().size());
    all.push_back({first != nullptr ? &first->get_array() : nullptr, rest});
    const json::value* unique = schema.if_contains("uniqueItems");
    if (unique != nullptr && *unique != false && items.max > 1 && !looking_) {
      return document_.error(ErrorCode::unsupported, &schema, "uniqueItems",
                             "is not supported: a grammar cannot compare items with each other");
    }
  }
  for (size_t i = 0; i <= longest; ++i) {
    Demand demand;
    for (const Spoken& spoken : all) {
      const bool own = spoken.first != nullptr && i < spoken.first->size();
      const json::value* schema = own ? &(*spoken.first)[i] : spoken.rest;
      if (schema != nullptr) demand.push_back(schema);
    }
    if (std::any_of(demand.begin(), demand.end(), is_false)) {
      items.max = std::min<uint64_t>(items.max, i);
      break;
    }
    if (i < longest) {
      items.first.push_back(std::move(demand));
    } else {
      items.rest = std::move(demand);
    }
  }
  return items;
}

Result<void> SchemaCompiler::add_array(RuleId rule, const Branch& branch) {
  FERRY_TRY(const Items items, items_of(branch));
  if (items.min > items.max) return {};
  RuleSet& rules = parts_.rules;
  const uint64_t own = std::min<uint64_t>(items.first.size(), items.max);
  std::optional<SymbolId> rest;
  if (items.max > own) {
    FERRY_TRY(rest, value_of(items.rest));
  }
  if (own == 0) {
    const SymbolId item = rest ? *rest : rules.terminal(RegexPool::kNothing);
    text_.array_of(item, repeat_limit(items.min), repeat_limit(items.max), rule);
    return {};
  }
  // One rule for each place between the items that have schemas of their own, from the last to the first.
  RuleId after = rules.add_rule("items");
  if (items.min <= own) rules.add_alternative(after, {text_.close_array()});
  if (rest) {
    const RuleId next = rules.add_rule("next item");
    rules.add_alternative(next, {text_.comma(), *rest});
    const uint64_t least = items.min > own ? items.min - own : 1;
    const uint64_t most = items.max == kNoLimit ? kNoLimit : items.max - own;
    if (least <= most) {
      rules.add_alternative(after, {rules.repeat(rules.rule(next), repeat_limit(least), repeat_limit(most)),
                                    text_.close_array()});
    }
  }
  for (uint64_t i = own; i > 0; --i) {
    FERRY_TRY(const SymbolId item, value_of(items.first[i - 1]));
    if (i == 1) {
      rules.add_alternative(rule, {text_.open_array(), item, rules.rule(after)});
      break;
    }
    const RuleId here = rules.add_rule("items");
    rules.add_alternative(here, {text_.comma(), item, rules.rule(after)});
    if (items.min < i) rules.add_alternative(here, {text_.close_array()});
    after = here;
  }
  if (items.min == 0) rules.add_alternative(rule, {text_.open_array(), text_.end_empty_array()});
  return {};
}

}  // namespace ferry
