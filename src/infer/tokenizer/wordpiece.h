#pragma once
// WordPiece (BERT): a word is the longest token it starts with, then the longest continuation, and so on.

#include <string>

#include "infer/tokenizer/model.h"

namespace ferry {

struct WordPieceOptions {
  TokenId unk = kNoToken;  // for a word that cannot be put together
  std::string continuing_subword_prefix = "##";
  size_t max_input_chars_per_word = 100;  // longer words are unknown
};

class WordPiece : public Model {
 public:
  // `vocab` must outlive the model.
  WordPiece(WordPieceOptions options, const Vocab& vocab) : options_(std::move(options)), vocab_(vocab) {}

  void encode_word(std::string_view word, std::vector<TokenId>& out) const override;
  std::string_view kind() const override { return "WordPiece"; }

 private:
  struct Found {
    TokenId token = kNoToken;
    size_t bytes = 0;
  };
  Found longest_at(std::string_view word, size_t begin) const;

  WordPieceOptions options_;
  const Vocab& vocab_;
};

}  // namespace ferry
