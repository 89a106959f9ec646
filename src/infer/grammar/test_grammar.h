#pragma once
// What the tests of this room share.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "infer/grammar/grammar.h"
#include "infer/grammar/vocabulary.h"

namespace ferry {

// Each byte is a token; 256 ends the answer.
inline std::shared_ptr<const GrammarVocabulary> byte_vocabulary() {
  static const auto vocabulary = [] {
    std::vector<std::string> tokens;
    for (int b = 0; b < 256; ++b) tokens.emplace_back(1, static_cast<char>(b));
    tokens.emplace_back();
    const TokenId end[] = {256};
    return GrammarVocabulary::create(tokens, end);
  }();
  return vocabulary;
}

inline bool accepts(const std::shared_ptr<const Grammar>& grammar, std::string_view text) {
  GrammarState state(grammar);
  for (const char c : text) {
    if (!state.accept(static_cast<uint8_t>(c))) return false;
  }
  return state.may_end();
}

// By trying each token.
inline TokenMask brute_force(const GrammarState& state) {
  const GrammarVocabulary& vocabulary = state.grammar().vocabulary();
  TokenMask mask(vocabulary.size());
  for (TokenId token = 0; token < vocabulary.size(); ++token) {
    GrammarState copy = state;
    if (copy.accept(token)) mask.insert(token);
  }
  return mask;
}

inline std::vector<TokenId> members(const TokenMask& mask) {
  std::vector<TokenId> tokens;
  for (TokenId token = 0; token < mask.size(); ++token) {
    if (mask.contains(token)) tokens.push_back(token);
  }
  return tokens;
}

inline JsonSchemaSource schema(std::string_view text) {
  return {.schema = parse_json(text, "schema").value()};
}

}  // namespace ferry
