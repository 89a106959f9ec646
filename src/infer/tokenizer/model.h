#pragma once
// What turns one word into tokens, after the text has been normalised and split into words.

#include <string_view>
#include <vector>

#include "infer/tokenizer/vocab.h"

namespace ferry {

// Immutable; any thread may use it.
class Model {
 public:
  virtual ~Model() = default;
  // Appends the word's tokens. The word is not empty.
  virtual void encode_word(std::string_view word, std::vector<TokenId>& out) const = 0;
  virtual std::string_view kind() const = 0;
};

}  // namespace ferry
