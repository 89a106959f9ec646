#include "infer/grammar/vocabulary.h"

#include <algorithm>

#include "infer/grammar/marks.h"
#include "infer/grammar/text_encoder.h"

namespace ferry {

std::shared_ptr<const GrammarVocabulary> GrammarVocabulary::create(const Tokenizer& tokenizer,
                                                                   std::span<const TokenId> end_tokens,
                                                                   int32_t logits_size) {
  std::shared_ptr<GrammarVocabulary> vocabulary(new GrammarVocabulary);
  vocabulary->size_ = std::max(tokenizer.vocab_size(), logits_size);
  vocabulary->end_tokens_.assign(end_tokens.begin(), end_tokens.end());
  vocabulary->specials_.resize(vocabulary->size_);
  for (TokenId token = 0; token < vocabulary->size_; ++token) {
    const bool exists = token < tokenizer.vocab_size();
    vocabulary->add(exists ? tokenizer.token_bytes(token) : std::string(),
                    exists && tokenizer.is_special(token));
  }
  vocabulary->index();
  return vocabulary;
}

std::shared_ptr<const GrammarVocabulary> GrammarVocabulary::create(std::span<const std::string> tokens,
                                                                   std::span<const TokenId> end_tokens,
                                                                   std::span<const TokenId> specials) {
  std::shared_ptr<GrammarVocabulary> vocabulary(new GrammarVocabulary);
  vocabulary->size_ = static_cast<int32_t>(tokens.size());
  vocabulary->end_tokens_.assign(end_tokens.begin(), end_tokens.end());
  vocabulary->specials_.resize(vocabulary->size_);
  for (size_t i = 0; i < tokens.size(); ++i) {
    const bool is_special =
        std::find(specials.begin(), specials.end(), static_cast<TokenId>(i)) != specials.end();
    vocabulary->add(tokens[i], is_special);
  }
  vocabulary->index();
  return vocabulary;
}

// Of the next token.
void GrammarVocabulary::add(std::string_view bytes, bool is_special) {
  const auto token = static_cast<TokenId>(begins_.size());
  begins_.push_back(static_cast<uint32_t>(text_.size()));
  if (is_special) {
    special_texts_.emplace(bytes, token);
    if (!is_end(token)) specials_.insert(token);
  } else if (std::none_of(bytes.begin(), bytes.end(), is_mark_byte)) {
    text_ += bytes;
  }
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

std::optional<TokenId> GrammarVocabulary::find(std::string_view text) const {
  if (const auto special = special_texts_.find(std::string(text)); special != special_texts_.end()) {
    return special->second;
  }
  if (text.empty()) return std::nullopt;
  for (TokenId token = 0; token < size_; ++token) {
    if (bytes(token) == text) return token;
  }
  return std::nullopt;
}

bool GrammarVocabulary::is_end(TokenId token) const {
  return std::find(end_tokens_.begin(), end_tokens_.end(), token) != end_tokens_.end();
}

}  // namespace ferry
