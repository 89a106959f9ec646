// From a GBNF tree to rules. What is regular and small becomes a terminal, so that there is less to follow.

#include <algorithm>
#include <optional>

#include "infer/grammar/compile.h"
#include "infer/grammar/gbnf_syntax.h"

namespace ferry {
namespace {

constexpr size_t kMaxTerminal = 300;  // nodes

using Kind = GbnfTree::Kind;

class GbnfCompiler {
 public:
  GbnfCompiler(GrammarBuilder& parts, const GbnfTree& tree)
      : parts_(parts), tree_(tree), sizes_(tree.nodes.size(), 0) {}

  Result<RuleId> compile() {
    find_regular_rules();
    for (const GbnfTree::Rule& rule : tree_.rules) rules_.push_back(parts_.rules.add_rule(rule.name));
    for (size_t i = 0; i < tree_.rules.size(); ++i) {
      FERRY_TRY_VOID(parts_.pool.budget().check());
      if (regular_[i] == Answer::yes && i != tree_.root) continue;
      add_alternatives(rules_[i], tree_.rules[i].body);
    }
    return rules_[tree_.root];
  }

 private:
  enum class Answer : uint8_t { unknown, asking, yes, no };

  // A rule is regular when it does not contain itself and all that it names are regular; and small enough.
  // Without recursion, as rules may be chained long: a rule waits on the path until those that it names have
  // answers.
  void find_regular_rules() {
    regular_.assign(tree_.rules.size(), Answer::unknown);
    std::vector<std::vector<uint32_t>> named(tree_.rules.size());
    std::vector<std::vector<uint32_t>> nodes_of(tree_.rules.size());
    for (size_t i = 0; i < tree_.rules.size(); ++i) collect(tree_.rules[i].body, nodes_of[i], named[i]);
    for (uint32_t start = 0; start < tree_.rules.size(); ++start) {
      std::vector<uint32_t> path{start};
      while (!path.empty()) {
        const uint32_t rule = path.back();
        if (regular_[rule] == Answer::yes || regular_[rule] == Answer::no) {
          path.pop_back();
          continue;
        }
        regular_[rule] = Answer::asking;
        const auto open = std::find_if(named[rule].begin(), named[rule].end(),
                                       [&](uint32_t other) { return regular_[other] == Answer::unknown; });
        if (open != named[rule].end()) {
          path.push_back(*open);
          continue;
        }
        const bool all_regular = std::all_of(named[rule].begin(), named[rule].end(),
                                             [&](uint32_t other) { return regular_[other] == Answer::yes; });
        for (const uint32_t node : nodes_of[rule]) measure(node);
        regular_[rule] =
            all_regular && sizes_[tree_.rules[rule].body] <= kMaxTerminal ? Answer::yes : Answer::no;
        path.pop_back();
      }
    }
  }

  // The nodes of a rule, children first, and the rules that it names.
  void collect(uint32_t body, std::vector<uint32_t>& nodes, std::vector<uint32_t>& named) const {
    std::vector<uint32_t> open{body};
    while (!open.empty()) {
      const uint32_t node = open.back();
      open.pop_back();
      nodes.push_back(node);
      if (tree_.nodes[node].kind == Kind::rule) named.push_back(tree_.nodes[node].rule);
      open.insert(open.end(), tree_.nodes[node].children.begin(), tree_.nodes[node].children.end());
    }
    std::sort(nodes.begin(), nodes.end());
  }

  // How large the node would be as a terminal; more than kMaxTerminal when it cannot be one.
  void measure(uint32_t index) {
    const GbnfTree::Node& node = tree_.nodes[index];
    size_t size = 1 + node.text.size() + node.chars.ranges().size();
    if (node.kind == Kind::rule) {
      const bool regular = regular_[node.rule] == Answer::yes;
      size += regular ? sizes_[tree_.rules[node.rule].body] : kMaxTerminal + 1;
    }
    for (const uint32_t child : node.children) size += sizes_[child];
    sizes_[index] = std::min(size, kMaxTerminal + 1);
  }

  bool is_terminal(uint32_t index) const { return sizes_[index] <= kMaxTerminal; }

  // Only of what is_terminal(): so much depth is no danger.
  RegexId texts(uint32_t index) {
    RegexPool& pool = parts_.pool;
    const GbnfTree::Node& node = tree_.nodes[index];
    switch (node.kind) {
      case Kind::text:
        return pool.literal(node.text);
      case Kind::chars:
        return parts_.plain.chars(node.chars);
      case Kind::rule:
        return texts(tree_.rules[node.rule].body);
      case Kind::cat: {
        RegexId id = RegexPool::kEmpty;
        for (size_t i = node.children.size(); i > 0; --i) id = pool.cat(texts(node.children[i - 1]), id);
        return id;
      }
      case Kind::alt: {
        std::vector<RegexId> branches;
        for (const uint32_t child : node.children) branches.push_back(texts(child));
        return pool.alt(std::move(branches));
      }
      case Kind::repeat:
        return pool.repeat(texts(node.children[0]), node.min, node.max);
    }
    return RegexPool::kNothing;
  }

  void add_alternatives(RuleId rule, uint32_t body) {
    const GbnfTree::Node& node = tree_.nodes[body];
    if (is_terminal(body) || node.kind != Kind::alt) {
      parts_.rules.add_alternative(rule, sequence(body));
      return;
    }
    for (const uint32_t child : node.children) parts_.rules.add_alternative(rule, sequence(child));
  }

  // Neighbours that can be terminals become one.
  std::vector<SymbolId> sequence(uint32_t index) {
    const GbnfTree::Node& node = tree_.nodes[index];
    if (is_terminal(index) || node.kind != Kind::cat) return {symbol(index)};
    std::vector<SymbolId> symbols;
    RegexId run = RegexPool::kEmpty;
    size_t run_size = 0;
    const auto end_run = [&] {
      if (run != RegexPool::kEmpty) symbols.push_back(parts_.rules.terminal(run));
      run = RegexPool::kEmpty;
      run_size = 0;
    };
    for (const uint32_t child : node.children) {
      if (!is_terminal(child)) {
        end_run();
        symbols.push_back(symbol(child));
        continue;
      }
      if (run_size + sizes_[child] > kMaxTerminal) end_run();
      run = parts_.pool.cat(run, texts(child));
      run_size += sizes_[child];
    }
    end_run();
    return symbols;
  }

  SymbolId symbol(uint32_t index) {
    const GbnfTree::Node& node = tree_.nodes[index];
    if (is_terminal(index)) return parts_.rules.terminal(texts(index));
    if (node.kind == Kind::text) return parts_.rules.terminal(parts_.pool.literal(node.text));
    if (node.kind == Kind::chars) return parts_.rules.terminal(parts_.plain.chars(node.chars));
    if (node.kind == Kind::rule) return parts_.rules.rule(rules_[node.rule]);
    if (node.kind == Kind::repeat) return parts_.rules.repeat(symbol(node.children[0]), node.min, node.max);
    const RuleId rule = parts_.rules.add_rule("group");
    add_alternatives(rule, index);
    return parts_.rules.rule(rule);
  }

  GrammarBuilder& parts_;
  const GbnfTree& tree_;
  std::vector<size_t> sizes_;  // beside tree_.nodes
  std::vector<Answer> regular_;
  std::vector<RuleId> rules_;
};

}  // namespace

Result<RuleId> compile_gbnf(GrammarBuilder& parts, const GbnfSource& source) {
  FERRY_TRY(const GbnfTree tree, parse_gbnf(source.text));
  return GbnfCompiler(parts, tree).compile();
}

}  // namespace ferry
