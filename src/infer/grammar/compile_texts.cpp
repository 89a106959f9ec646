// Regular expressions and choices.

#include "base/core/utf8.h"
#include "infer/grammar/compile.h"

namespace ferry {

Result<RuleId> compile_regex(GrammarBuilder& parts, const RegexSource& source) {
  FERRY_TRY(const RegexTree tree, parse_regex(source.pattern));
  FERRY_TRY(const RegexId regex, parts.plain.whole(tree));
  const RuleId root = parts.rules.add_rule("root");
  parts.rules.add_alternative(root, {parts.rules.terminal(regex)});
  return root;
}

Result<RuleId> compile_choice(GrammarBuilder& parts, const ChoiceSource& source) {
  if (source.choices.empty()) return fail(ErrorCode::invalid_argument, "there must be at least one choice");
  std::vector<std::string_view> texts;
  for (const std::string& choice : source.choices) {
    if (choice.empty()) return fail(ErrorCode::invalid_argument, "choice {} is empty", texts.size());
    if (!is_valid_utf8(choice))
      return fail(ErrorCode::invalid_argument, "choice {} is not valid UTF-8", texts.size());
    texts.push_back(choice);
  }
  const RuleId root = parts.rules.add_rule("root");
  parts.rules.add_alternative(root, {parts.rules.terminal(parts.pool.literals(std::move(texts)))});
  return root;
}

}  // namespace ferry
