#include "infer/grammar/grammar.h"

#include "base/core/utf8.h"
#include "infer/grammar/automaton.h"
#include "infer/grammar/compile.h"
#include "infer/grammar/vocabulary.h"

namespace ferry {
namespace {

constexpr size_t kMaxForced = 4096;

struct SourceSize {
  size_t operator()(const JsonSchemaSource&) const { return 0; }  // looked at where it is read
  size_t operator()(const JsonObjectSource&) const { return 0; }
  size_t operator()(const RegexSource& source) const { return source.pattern.size(); }
  size_t operator()(const ChoiceSource& source) const {
    size_t bytes = 0;
    for (const std::string& choice : source.choices) bytes += choice.size();
    return bytes;
  }
  size_t operator()(const GbnfSource& source) const { return source.text.size(); }
  size_t operator()(const TreeSource& source) const {
    size_t bytes = 0;
    for (const std::string& trigger : source.triggers) bytes += trigger.size();
    for (const std::string& text : source.openings) bytes += text.size();
    std::vector<const GrammarTree*> open{&source.tree, &source.opening};
    while (!open.empty()) {
      const GrammarTree& tree = *open.back();
      open.pop_back();
      bytes += tree.text.size();
      for (const GrammarTree& part : tree.parts) open.push_back(&part);
    }
    return bytes;
  }
};

struct Compiler {
  GrammarBuilder& parts;
  const GrammarVocabulary& vocabulary;
  const GrammarLimits& limits;

  Result<RuleId> operator()(const JsonSchemaSource& source) const {
    return compile_json_schema(parts, source, limits);
  }
  Result<RuleId> operator()(const JsonObjectSource& source) const {
    return compile_json_object(parts, source);
  }
  Result<RuleId> operator()(const RegexSource& source) const { return compile_regex(parts, source); }
  Result<RuleId> operator()(const ChoiceSource& source) const { return compile_choice(parts, source); }
  Result<RuleId> operator()(const GbnfSource& source) const { return compile_gbnf(parts, source); }
  Result<RuleId> operator()(const TreeSource& source) const {
    return compile_tree(parts, source, vocabulary, limits);
  }
};

}  // namespace

Grammar::Grammar(std::shared_ptr<const GrammarVocabulary> vocabulary, std::unique_ptr<Automaton> automaton)
    : vocabulary_(std::move(vocabulary)), automaton_(std::move(automaton)) {}

Grammar::~Grammar() = default;

size_t Grammar::bytes() const {
  const std::lock_guard guard(automaton_->lock());
  return automaton_->memory_bytes();
}

Result<std::shared_ptr<const Grammar>> compile_grammar(const GrammarSource& source,
                                                       std::shared_ptr<const GrammarVocabulary> vocabulary,
                                                       const GrammarLimits& limits) {
  if (const size_t bytes = std::visit(SourceSize{}, source); bytes > limits.max_source_bytes) {
    return fail(ErrorCode::resource_exhausted,
                "the grammar has {} bytes; {} are allowed (the limit max_source_bytes)", bytes,
                limits.max_source_bytes);
  }
  auto parts = std::make_unique<GrammarBuilder>();
  parts->pool.set_budget(
      Budget(limits.max_nodes, Budget::Clock::now() + std::chrono::milliseconds(limits.max_compile_ms)));
  auto root = std::visit(Compiler{*parts, *vocabulary, limits}, source);
  // What was given up for want of room must not be told as something else.
  FERRY_TRY_VOID(parts->pool.budget().check());
  if (!root) return tl::unexpected(std::move(root).error());
  FERRY_TRY_VOID(parts->rules.finish(*root));
  FERRY_TRY_VOID(parts->pool.budget().check());
  if (!parts->rules.productive(*root)) {
    return fail(ErrorCode::unsupported, "no text satisfies the grammar: its demands contradict each other");
  }
  parts->pool.set_budget(Budget());
  auto automaton = std::make_unique<Automaton>(std::move(parts), *root, *vocabulary, limits.max_table_bytes);
  return std::shared_ptr<const Grammar>(new Grammar(std::move(vocabulary), std::move(automaton)));
}

GrammarState::GrammarState(std::shared_ptr<const Grammar> grammar) : grammar_(std::move(grammar)) {}

// Needs the automaton's lock. After it, the states of steps_ and start_ are of the present epoch.
void GrammarState::refresh() {
  Automaton& automaton = *grammar_->automaton_;
  const uint64_t epoch = automaton.epoch();
  if (epoch == epoch_) return;
  epoch_ = epoch;
  start_ = automaton.machine().start();
  uint32_t state = start_;
  uint32_t done = 0;
  for (Step& step : steps_) {
    state = automaton.advance(state, std::string_view(text_).substr(done, step.text_bytes - done));
    step.state = state;
    done = step.text_bytes;
  }
}

Result<void> GrammarState::mask(TokenMask& out) {
  const GrammarVocabulary& vocabulary = grammar_->vocabulary();
  if (ended_) {
    out.resize(vocabulary.size());
    return fail(ErrorCode::invalid_argument, "the answer has ended: nothing may follow");
  }
  {
    const std::lock_guard guard(grammar_->automaton_->lock());
    Automaton& automaton = *grammar_->automaton_;
    refresh();
    automaton.masker().mask(present(), out);
    if (automaton.machine().is_overfull()) {  // tokens may be missing
      refresh();
      automaton.masker().mask(present(), out);
    }
    if (automaton.machine().may_end(present())) {
      for (const TokenId token : vocabulary.end_tokens()) out.insert(token);
    }
  }
  if (out.empty()) {
    return fail(ErrorCode::resource_exhausted,
                "no token of the vocabulary can go on in the grammar here (after {} bytes)", text_.size());
  }
  return {};
}

bool GrammarState::accept(TokenId token) {
  if (ended_) return false;
  const GrammarVocabulary& vocabulary = grammar_->vocabulary();
  const bool is_end = vocabulary.is_end(token);
  const std::lock_guard guard(grammar_->automaton_->lock());
  refresh();
  Automaton& automaton = *grammar_->automaton_;
  uint32_t state = present();
  if (is_end) {
    if (!automaton.machine().may_end(state)) return false;
    ended_ = true;
  } else {
    Automaton::Reading reading = automaton.read(state, token);
    if (reading.state == StateMachine::kDead && automaton.machine().is_overfull()) {
      refresh();
      reading = automaton.read(present(), token);
    }
    if (reading.state == StateMachine::kDead) return false;
    state = reading.state;
    text_ += reading.bytes;
  }
  steps_.push_back({state, static_cast<uint32_t>(text_.size())});
  return true;
}

void GrammarState::rollback(int n) {
  FERRY_CHECK(n >= 0 && n <= accepted());
  if (n == 0) return;
  steps_.resize(steps_.size() - static_cast<size_t>(n));
  text_.resize(steps_.empty() ? 0 : steps_.back().text_bytes);
  ended_ = false;
}

bool GrammarState::may_end() {
  const std::lock_guard guard(grammar_->automaton_->lock());
  refresh();
  return !ended_ && grammar_->automaton_->machine().may_end(present());
}

std::string GrammarState::forced() {
  std::string bytes;
  if (ended_) return bytes;
  const std::lock_guard guard(grammar_->automaton_->lock());
  refresh();
  StateMachine& machine = grammar_->automaton_->machine();
  uint32_t state = present();
  while (bytes.size() < kMaxForced && !machine.may_end(state)) {
    const ByteSet next = machine.next_bytes(state);
    if (next.count() != 1 || next.first() >= kMarkByte) break;
    state = machine.step(state, next.first());
    if (state == StateMachine::kDead) break;
    bytes += static_cast<char>(next.first());
  }
  bytes.resize(bytes.size() - incomplete_utf8_tail(bytes));
  return bytes;
}

}  // namespace ferry
