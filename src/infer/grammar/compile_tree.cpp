// Trees, and the free text around them.

#include <span>

#include "base/core/utf8.h"
#include "infer/grammar/compile.h"
#include "infer/grammar/vocabulary.h"

namespace ferry {
namespace {

constexpr int kMaxDepth = 200;

// Those in which none of `ends` occurs.
RegexId without(RegexPool& pool, RegexId texts, std::span<const std::string> ends) {
  std::vector<std::string_view> all(ends.begin(), ends.end());
  const RegexId occurs =
      pool.cat({RegexPool::kEverything, pool.literals(std::move(all)), RegexPool::kEverything});
  return pool.both(texts, pool.complement(occurs));
}

// Those of which `end` is not completed sooner than where it comes next: "\n\n" not after "x\n".
RegexId unfinished(RegexPool& pool, RegexId texts, std::string_view end) {
  std::vector<std::string_view> beginnings;
  for (size_t split = 1; split < end.size(); ++split) {
    if (end.starts_with(end.substr(split))) beginnings.push_back(end.substr(0, split));
  }
  if (beginnings.empty()) return texts;
  const RegexId begun = pool.cat(RegexPool::kEverything, pool.literals(std::move(beginnings)));
  return pool.both(texts, pool.complement(begun));
}

// A part of one is the end of it and the beginning of the other, or all of the other.
bool overlap(std::string_view one, std::string_view other) {
  for (size_t at = one == other ? 1 : 0; at < one.size(); ++at) {
    const std::string_view tail = one.substr(at);
    if (tail.starts_with(other) || other.starts_with(tail)) return true;
  }
  return false;
}

class TreeCompiler {
 public:
  TreeCompiler(GrammarBuilder& parts, const TreeSource& source, const GrammarVocabulary& vocabulary,
               const GrammarLimits& limits)
      : parts_(parts), source_(source), vocabulary_(vocabulary), limits_(limits) {}

  Result<RuleId> compile() {
    FERRY_TRY(const SymbolId tree, symbol(source_.tree, 0));
    const RuleId root = parts_.rules.add_rule("root");
    if (source_.triggers.empty()) {
      parts_.rules.add_alternative(root, {tree});
    } else {
      FERRY_TRY_VOID(add_free_text(root, tree));
    }
    return root;
  }

 private:
  using Kind = GrammarTree::Kind;

  Result<SymbolId> symbol(const GrammarTree& tree, int depth) {
    FERRY_TRY_VOID(parts_.pool.budget().check());
    parts_.pool.budget().spend_node();
    if (depth > kMaxDepth) {
      return fail(ErrorCode::resource_exhausted, "grammar tree: nested deeper than {}", kMaxDepth);
    }
    switch (tree.kind) {
      case Kind::literal:
        FERRY_TRY_VOID(check_text(tree.text));
        return parts_.rules.terminal(parts_.pool.literal(tree.text));
      case Kind::special:
        return special(tree.text);
      case Kind::schema:
        return schema(tree.schema);
      case Kind::free:
        return free_text(tree.text);
      case Kind::sequence:
        return sequence(tree, depth);
      case Kind::choice:
        return choice(tree, depth);
      case Kind::optional:
      case Kind::repeat: {
        if (tree.parts.size() != 1) {
          return fail(ErrorCode::invalid_argument,
                      "grammar tree: an optional or repeated part must have one part, not {}",
                      tree.parts.size());
        }
        FERRY_TRY(const SymbolId inner, symbol(tree.parts.front(), depth + 1));
        return parts_.rules.repeat(inner, 0, tree.kind == Kind::optional ? 1 : RegexPool::kUnbounded);
      }
    }
    return fail(ErrorCode::invalid_argument, "grammar tree: a part of no known kind");
  }

  static Result<void> check_text(std::string_view text) {
    if (is_valid_utf8(text)) return {};
    return fail(ErrorCode::invalid_argument, "grammar tree: a text is not valid UTF-8");
  }

  Result<SymbolId> special(const std::string& text) {
    FERRY_TRY_VOID(check_text(text));
    const auto token = vocabulary_.find(text);
    if (!token) return parts_.rules.terminal(parts_.pool.literal(text));
    if (vocabulary_.is_end(*token)) {
      return fail(ErrorCode::invalid_argument,
                  "grammar tree: the token \"{}\" ends an answer, nothing may follow it", text);
    }
    if (parts_.marks.all().size() == Marks::kMost) {
      return fail(ErrorCode::resource_exhausted, "grammar tree: more than {} special tokens",
                  Marks::kMost - 1);
    }
    return parts_.rules.terminal(parts_.pool.literal(parts_.marks.add(*token)));
  }

  Result<SymbolId> schema(const json::value& schema) {
    const JsonSchemaSource source{.schema = schema,
                                  .closed_objects = source_.closed_objects,
                                  .in_order = source_.in_order,
                                  .compact = source_.compact};
    FERRY_TRY(const RuleId rule, compile_json_schema(parts_, source, limits_));
    return parts_.rules.rule(rule);
  }

  Result<SymbolId> free_text(const std::string& end) {
    FERRY_TRY_VOID(check_text(end));
    if (end.empty())
      return fail(ErrorCode::invalid_argument, "grammar tree: free text needs a text that ends it");
    const RegexId texts = without(parts_.pool, parts_.plain.any_text(), {&end, 1});
    return parts_.rules.terminal(unfinished(parts_.pool, texts, end));
  }

  Result<SymbolId> sequence(const GrammarTree& tree, int depth) {
    std::vector<SymbolId> symbols;
    for (const GrammarTree& part : tree.parts) {
      FERRY_TRY(const SymbolId one, symbol(part, depth + 1));
      symbols.push_back(one);
    }
    if (symbols.size() == 1) return symbols.front();
    const RuleId rule = parts_.rules.add_rule("sequence");
    parts_.rules.add_alternative(rule, std::move(symbols));
    return parts_.rules.rule(rule);
  }

  Result<SymbolId> choice(const GrammarTree& tree, int depth) {
    const RuleId rule = parts_.rules.add_rule("choice");
    for (const GrammarTree& part : tree.parts) {
      FERRY_TRY(const SymbolId one, symbol(part, depth + 1));
      parts_.rules.add_alternative(rule, {one});
    }
    return parts_.rules.rule(rule);
  }

  Result<void> check_triggers() const {
    for (const std::string& trigger : source_.triggers) {
      FERRY_TRY_VOID(check_text(trigger));
      if (trigger.empty()) return fail(ErrorCode::invalid_argument, "grammar tree: a trigger is empty");
      for (const std::string& other : source_.triggers) {
        if (!overlap(trigger, other)) continue;
        return fail(ErrorCode::invalid_argument, "grammar tree: the trigger \"{}\" may overlap with \"{}\"",
                    trigger, other);
      }
    }
    return {};
  }

  // root: (free tree)* free, or just once.
  Result<void> add_free_text(RuleId root, SymbolId tree) {
    FERRY_TRY_VOID(check_triggers());
    for (const std::string& trigger : source_.triggers) {
      if (const auto token = vocabulary_.find(trigger)) parts_.marks.set_trigger(*token);
    }
    parts_.marks.allow_any_special();
    RegexPool& pool = parts_.pool;
    const RegexId any = pool.star(pool.bytes(~ByteSet::of(kMarkByte)));
    const RegexId free_text = without(pool, any, source_.triggers);
    const SymbolId free = parts_.rules.terminal(free_text);
    SymbolId first = free;
    if (!source_.openings.empty()) {
      FERRY_TRY(const RegexId opened, opened_text());
      first = parts_.rules.terminal(pool.both(free_text, pool.complement(opened)));
      FERRY_TRY_VOID(add_opening(root));
    }
    parts_.rules.add_alternative(root, {first});
    if (!source_.goes_on) {
      parts_.rules.add_alternative(root, {first, tree});
      return {};
    }
    const RuleId round = parts_.rules.add_rule("triggered");
    parts_.rules.add_alternative(round, {free, tree});
    const SymbolId rounds = parts_.rules.repeat(parts_.rules.rule(round), 0, RegexPool::kUnbounded);
    parts_.rules.add_alternative(root, {first, tree, rounds, free});
    return {};
  }

  // What begins with an opening.
  Result<RegexId> opened_text() {
    RegexPool& pool = parts_.pool;
    std::vector<RegexId> texts;
    for (const std::string& text : source_.openings) {
      FERRY_TRY_VOID(check_text(text));
      if (text.empty()) return fail(ErrorCode::invalid_argument, "a text that opens an answer is empty");
      RegexId all = white_space();
      for (const char c : text) all = pool.cat(all, c == ' ' ? white_space() : pool.literal({&c, 1}));
      texts.push_back(pool.cat(all, RegexPool::kEverything));
    }
    return pool.alt(std::move(texts));
  }

  Result<void> add_opening(RuleId root) {
    FERRY_TRY(const SymbolId opening, symbol(source_.opening, 0));
    parts_.rules.add_alternative(root, {parts_.rules.terminal(white_space()), opening});
    return {};
  }

  RegexId white_space() {
    ByteSet set;
    for (const char c : {' ', '\t', '\r', '\n'}) set.insert(static_cast<uint8_t>(c));
    return parts_.pool.star(parts_.pool.bytes(set));
  }

  GrammarBuilder& parts_;
  const TreeSource& source_;
  const GrammarVocabulary& vocabulary_;
  const GrammarLimits& limits_;
};

}  // namespace

Result<RuleId> compile_tree(GrammarBuilder& parts, const TreeSource& source,
                            const GrammarVocabulary& vocabulary, const GrammarLimits& limits) {
  return TreeCompiler(parts, source, vocabulary, limits).compile();
}

}  // namespace ferry
