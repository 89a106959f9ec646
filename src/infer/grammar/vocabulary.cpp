#include "infer/grammar/vocabulary.h"

#include <algorithm>

#include "infer/grammar/text_encoder.h"

namespace ferry {

std::shared_ptr<const GrammarVocabulary> GrammarVocabulary::create(const Tokenizer& tokenizer,
                                                                   std::span<const TokenId> end_tokens,
                                                                   int32_t logits_size) {
  std::shared_ptr<GrammarVocabulary> vocabulary(new GrammarVocabulary);
  vocabulary->size_ = std::max(tokenizer.vocab_size(), logits_size);
  vocabulary->end_tokens_.assign(end_tokens.begin(), end_tokens.end());
  for (TokenId token = 0; token < vocabulary->size_; ++token) {
    vocabulary->begins_.push_back(static_cast<uint32_t>(vocabulary->text_.size()));
    if (token < tokenizer.vocab_size() && !tokenizer.is_special(token)) {
      vocabulary->text_ += tokenizer.token_bytes(token);
    }
  }
  vocabulary->index();
  return vocabulary;
}

std::shared_ptr<const GrammarVocabulary> GrammarVocabulary::create(std::span<const std::string> tokens,
                                                                   std::span<const TokenId> end_tokens) {
  std::shared_ptr<GrammarVocabulary> vocabulary(new GrammarVocabulary);
  vocabulary->size_ = static_cast<int32_t>(tokens.size());
  vocabulary->end_tokens_.assign(end_tokens.begin(), end_tokens.end());
  for (const std::string& token : tokens) {
    vocabulary->begins_.push_back(static_cast<uint32_t>(vocabulary->text_.size()));
    vocabulary->text_ += token;
  }
  vocabulary->index();
  return vocabulary;
}

void GrammarVocabulary::index() {
  begins_.push_back(static_cast<uint32_t>(text_.size()));
  std::erase_if(end_tokens_, [&](TokenId token) { return token < 0 || token >= size_; });
  std::vector<TokenTrie::Entry> entries;
  for (TokenId token = 0; token < size_; ++token) {
    if (!bytes(token).empty() && !is_end(token)) entries.push_back({bytes(token), token});
  }
  for (const CharSet& family : families()) common_.push_back(CommonTokens::build(family, entries, size_));
  trie_ = TokenTrie::build(std::move(entries));
}

std::string_view GrammarVocabulary::bytes(TokenId token) const {
  if (token < 0 || token >= size_) return {};
  const auto at = static_cast<size_t>(token);
  return std::string_view(text_).substr(begins_[at], begins_[at + 1] - begins_[at]);
}

bool GrammarVocabulary::is_end(TokenId token) const {
  return std::find(end_tokens_.begin(), end_tokens_.end(), token) != end_tokens_.end();
}

}  // namespace ferry
