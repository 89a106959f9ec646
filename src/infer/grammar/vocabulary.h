#pragma once
// A model's vocabulary as grammars need it: the bytes of each token, in a trie.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/core/result.h"
#include "infer/grammar/common_tokens.h"
#include "infer/grammar/token_mask.h"
#include "infer/grammar/token_trie.h"
#include "infer/tokenizer/tokenizer.h"

namespace ferry {

// Immutable; any thread may use it. Made once for a loaded model (about 100 ms for 128K tokens), shared by
// all its grammars.
class GrammarVocabulary {
 public:
  // end_tokens end an answer. logits_size: how many tokens the model's output has, at least the tokenizer's
  // (0: as many); those beyond are in no mask, special tokens where a grammar has them as such.
  static std::shared_ptr<const GrammarVocabulary> create(const Tokenizer& tokenizer,
                                                         std::span<const TokenId> end_tokens,
                                                         int32_t logits_size = 0);
  // The same from the bytes of each token; an empty text is a token that never comes.
  static std::shared_ptr<const GrammarVocabulary> create(std::span<const std::string> tokens,
                                                         std::span<const TokenId> end_tokens,
                                                         std::span<const TokenId> specials = {});

  int32_t size() const { return size_; }
  // Empty for special tokens, for those that do not exist, and for those with bytes that UTF-8 has for
  // nothing.
  std::string_view bytes(TokenId token) const;
  bool is_end(TokenId token) const;
  const std::vector<TokenId>& end_tokens() const { return end_tokens_; }
  // Special tokens that do not end an answer.
  const TokenMask& specials() const { return specials_; }
  // The token with exactly this text, a special one before others.
  std::optional<TokenId> find(std::string_view text) const;

  // Of all tokens but end tokens and those without bytes.
  const TokenTrie& trie() const { return trie_; }
  // By family (text_encoder.h).
  const CommonTokens& common(size_t family) const { return common_[family]; }

 private:
  GrammarVocabulary() = default;
  void add(std::string_view bytes, bool is_special);
  void index();

  int32_t size_ = 0;
  std::vector<TokenId> end_tokens_;
  std::string text_;
  std::vector<uint32_t> begins_;  // [size + 1] into text_
  TokenMask specials_;
  std::unordered_map<std::string, TokenId> special_texts_;
  TokenTrie trie_;
  std::vector<CommonTokens> common_;
};

}  // namespace ferry
