#pragma once
// From each kind of source to rules: what compile_grammar() chooses among. Each gives the rule to start from.

#include "infer/grammar/builder.h"
#include "infer/grammar/grammar.h"

namespace ferry {

Result<RuleId> compile_json_schema(GrammarBuilder& parts, const JsonSchemaSource& source,
                                   const GrammarLimits& limits);
Result<RuleId> compile_json_object(GrammarBuilder& parts, const JsonObjectSource& source);
Result<RuleId> compile_regex(GrammarBuilder& parts, const RegexSource& source);
Result<RuleId> compile_choice(GrammarBuilder& parts, const ChoiceSource& source);
Result<RuleId> compile_gbnf(GrammarBuilder& parts, const GbnfSource& source);
Result<RuleId> compile_tree(GrammarBuilder& parts, const TreeSource& source,
                            const GrammarVocabulary& vocabulary, const GrammarLimits& limits);

}  // namespace ferry
