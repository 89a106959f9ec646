#include "infer/grammar/schema_compiler.h"

#include <algorithm>

#include "infer/grammar/compile.h"

namespace ferry {

SchemaCompiler::Demand SchemaCompiler::sorted(Demand demand) {
  std::erase_if(demand, [](const json::value* schema) { return schema->is_bool() && schema->get_bool(); });
  std::sort(demand.begin(), demand.end());
  demand.erase(std::unique(demand.begin(), demand.end()), demand.end());
  return demand;
}

// A terminal when there are but scalars; otherwise a rule, which is built later: schemas may contain
// themselves.
Result<SymbolId> SchemaCompiler::value_of(Demand demand) {
  demand = sorted(std::move(demand));
  if (const auto known = known_.find(demand); known != known_.end()) return known->second;
  FERRY_TRY_VOID(parts_.pool.budget().check());
  FERRY_TRY(std::vector<Branch> branches, expand(demand));
  const bool anything =
      std::any_of(branches.begin(), branches.end(), [](const Branch& b) { return b.empty(); });
  if (anything) return known_.emplace(std::move(demand), text_.any_value()).first->second;
  std::vector<RegexId> scalars;
  bool only_scalars = true;
  for (const Branch& branch : branches) {
    FERRY_TRY(const uint8_t types, types_of(branch));
    FERRY_TRY(const Scalars some, scalars_of(branch, types));
    scalars.push_back(some.texts);
    only_scalars = only_scalars && (types & (kArray | kObject)) == 0 && !some.multiples;
  }
  if (only_scalars) {
    const SymbolId symbol = parts_.rules.terminal(parts_.pool.alt(std::move(scalars)));
    return known_.emplace(std::move(demand), symbol).first->second;
  }
  const RuleId rule = parts_.rules.add_rule("value");
  unfinished_.push_back({rule, std::move(branches)});
  return known_.emplace(std::move(demand), parts_.rules.rule(rule)).first->second;
}

Result<void> SchemaCompiler::build(RuleId rule, const std::vector<Branch>& branches) {
  std::vector<RegexId> scalars;
  for (const Branch& branch : branches) {
    FERRY_TRY(const uint8_t types, types_of(branch));
    FERRY_TRY(const Scalars some, scalars_of(branch, types));
    scalars.push_back(some.texts);
    if (some.multiples) parts_.rules.add_alternative(rule, {*some.multiples});
    // Values that are listed have become scalars, or schemas of their own.
    if ((types & kArray) != 0) FERRY_TRY_VOID(add_array(rule, branch));
    if ((types & kObject) != 0) FERRY_TRY_VOID(add_object(rule, branch));
    FERRY_TRY_VOID(parts_.pool.budget().check());
  }
  const RegexId texts = parts_.pool.alt(std::move(scalars));
  if (texts != RegexPool::kNothing) parts_.rules.add_alternative(rule, {parts_.rules.terminal(texts)});
  return {};
}

Result<RuleId> SchemaCompiler::compile() {
  const RuleId root = parts_.rules.add_rule("root");
  FERRY_TRY(const SymbolId value, value_of({&document_.root()}));
  parts_.rules.add_alternative(root, {value});
  while (!unfinished_.empty()) {
    const Unfinished next = std::move(unfinished_.front());
    unfinished_.pop_front();
    FERRY_TRY_VOID(build(next.rule, next.branches));
  }
  return root;
}

Result<RuleId> compile_json_schema(GrammarBuilder& parts, const JsonSchemaSource& source,
                                   const GrammarLimits& limits) {
  FERRY_TRY(SchemaDocument document, SchemaDocument::open(source.schema, limits.max_source_bytes));
  JsonText text(parts, source.compact);
  return SchemaCompiler(parts, document, text, source).compile();
}

}  // namespace ferry
