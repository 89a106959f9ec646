#pragma once
// The compiled grammars of one loaded model: applications ask for the same few again and again.

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "infer/grammar/grammar.h"
#include "infer/grammar/vocabulary.h"

namespace ferry {

// Any thread may use it.
class GrammarCache {
 public:
  // logits_size: of the model's output. Costs nothing until the first grammar is asked for.
  GrammarCache(std::shared_ptr<const Tokenizer> tokenizer, std::span<const TokenId> end_tokens,
               int32_t logits_size, GrammarLimits limits = {}, size_t max_bytes = size_t{256} << 20);

  // compile_grammar(), or what it gave before. Those used least recently go when all together are too large;
  // who holds one keeps it. Errors are not kept.
  Result<std::shared_ptr<const Grammar>> get(const GrammarSource& source);

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const Grammar> grammar;
  };

  std::shared_ptr<const GrammarVocabulary> vocabulary();
  std::shared_ptr<const Grammar> find(const std::string& key);
  void keep(std::string key, std::shared_ptr<const Grammar> grammar);

  const std::shared_ptr<const Tokenizer> tokenizer_;
  const std::vector<TokenId> end_tokens_;
  const int32_t logits_size_;
  const GrammarLimits limits_;
  const size_t max_bytes_;

  std::once_flag once_;
  std::shared_ptr<const GrammarVocabulary> vocabulary_;  // set once

  std::mutex mutex_;
  std::list<Entry> entries_;                                                    // the one used last first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_source_;  // by the entries' keys
};

// Different sources have different texts.
std::string grammar_key(const GrammarSource& source);

}  // namespace ferry
