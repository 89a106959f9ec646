#pragma once
// Answers that programs can use: which tokens may come next, so that the text stays inside a language given
// as a JSON Schema, "any JSON object", a regular expression, a list of choices, a GBNF grammar, or a tree of
// parts. docs/structured.md lists what of each is understood; the rest is an error, never ignored. ADR 0006
// has the design.
//
//   auto vocabulary = GrammarVocabulary::create(*tokenizer, end_tokens, logits_size);  // once for a loaded
//   model FERRY_TRY(auto grammar, compile_grammar(source, vocabulary));                     // any thread,
//   milliseconds GrammarState state(grammar);                                                      // one for
//   each answer FERRY_TRY_VOID(state.mask(mask));                                                 // before
//   each token state.accept(token);                                                              // after it
//
// What is promised: a text that is accepted token by token up to an end token is in the language, and as long
// as nothing but allowed tokens are accepted, there is always a way to go on to such a text (if the
// vocabulary can spell every byte). mask() and accept() agree exactly, however the text is cut into tokens.

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/core/json.h"
#include "base/core/result.h"
#include "infer/grammar/grammar_tree.h"
#include "infer/grammar/token_mask.h"
#include "infer/tokenizer/tokenizer.h"

namespace ferry {

class GrammarVocabulary;
class Automaton;

// A text that validates against the schema: draft 2020-12, or draft 7 when its $schema says so.
struct JsonSchemaSource {
  json::value schema;
  // Where a schema does not mention additionalProperties, there are none. A schema is then read as most
  // people mean it; what is admitted still validates.
  bool closed_objects = false;
  // Properties come in the order in which the schema declares them. Otherwise in any, as long as an object has
  // at most 63 of them by name.
  bool in_order = false;
  // No optional whitespace at all. Otherwise a space, or a line break with indentation, may stand where
  // models like it.
  bool compact = false;
};
struct JsonObjectSource {
  bool compact = false;
};
// The whole text matches: anchored at both ends.
struct RegexSource {
  std::string pattern;
};
// The text is one of these. None empty, at least one.
struct ChoiceSource {
  std::vector<std::string> choices;
};
// llama.cpp's grammar language; starts at `root`.
struct GbnfSource {
  std::string text;
};
// grammar_tree.h has TreeSource: what is put together of such parts, with special tokens and free text.
using GrammarSource =
    std::variant<JsonSchemaSource, JsonObjectSource, RegexSource, ChoiceSource, GbnfSource, TreeSource>;

// What one grammar may cost. Exceeding one is `resource_exhausted`, and the message says which.
struct GrammarLimits {
  size_t max_source_bytes = size_t{1} << 20;
  size_t max_nodes = size_t{1} << 20;  // expressions and rules after expansion, some 64 bytes each
  int max_compile_ms = 2000;           // by the clock
  // Of what is worked out while answers run; then it starts afresh. What one mask needs may come on top, up
  // to as much again.
  size_t max_table_bytes = size_t{64} << 20;
};

// A language over the tokens of one vocabulary. Immutable to its users: any thread may hold and use it. What
// is learnt while answers run (transitions, masks) is kept inside, behind a lock, for all answers that share
// it.
class Grammar {
 public:
  ~Grammar();
  Grammar(const Grammar&) = delete;
  Grammar& operator=(const Grammar&) = delete;

  const GrammarVocabulary& vocabulary() const { return *vocabulary_; }
  // About how much memory it holds at the moment, for a cache's account.
  size_t bytes() const;

 private:
  friend class GrammarState;
  friend Result<std::shared_ptr<const Grammar>> compile_grammar(
      const GrammarSource& source, std::shared_ptr<const GrammarVocabulary> vocabulary,
      const GrammarLimits& limits);
  Grammar(std::shared_ptr<const GrammarVocabulary> vocabulary, std::unique_ptr<Automaton> automaton);

  std::shared_ptr<const GrammarVocabulary> vocabulary_;
  std::unique_ptr<Automaton> automaton_;
};

// Errors: `invalid_argument` (not well-formed: says where), `unsupported` (for schemas: the JSON pointer, the
// keyword and why; also a language without any text), `resource_exhausted` (which limit).
Result<std::shared_ptr<const Grammar>> compile_grammar(const GrammarSource& source,
                                                       std::shared_ptr<const GrammarVocabulary> vocabulary,
                                                       const GrammarLimits& limits = {});

// Where one answer stands in its grammar. One thread at a time; copies are independent and cheap.
class GrammarState {
 public:
  explicit GrammarState(std::shared_ptr<const Grammar> grammar);

  // out: exactly the tokens that may come next, resized to the vocabulary; end tokens are among them exactly
  // when may_end(). `resource_exhausted` when no token is left: the grammar's limits are reached here, or the
  // vocabulary cannot spell what must come. The answer must then end with an error.
  Result<void> mask(TokenMask& out);

  // false, and nothing is changed, when the token may not come here. An end token, where it may come, ends
  // the answer: nothing may come afterwards.
  bool accept(TokenId token);

  // Takes back the last n tokens accepted; n <= accepted().
  void rollback(int n);
  int accepted() const { return static_cast<int>(steps_.size()); }

  // The text so far is in the language.
  bool may_end();
  // An end token has been accepted.
  bool ended() const { return ended_; }

  // The bytes that must come next whatever is chosen, as whole characters, up to a special token; empty when
  // there is a choice or the text may end here. For jumping ahead: tokenise them together with the text
  // before, canonically, as the model would have seen them, and accept the tokens.
  std::string forced();

  const Grammar& grammar() const { return *grammar_; }

 private:
  struct Step {
    uint32_t state;       // of the automaton, after the token
    uint32_t text_bytes;  // the length of text_ after the token
  };

  void refresh();
  uint32_t present() const { return steps_.empty() ? start_ : steps_.back().state; }

  std::shared_ptr<const Grammar> grammar_;
  std::string text_;  // what has been accepted: replayed when the automaton starts afresh
  std::vector<Step> steps_;
  uint32_t start_ = 0;
  uint64_t epoch_ = 0;  // of the automaton's tables that the states belong to
  bool ended_ = false;
};

}  // namespace ferry
