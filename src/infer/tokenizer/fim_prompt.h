#pragma once
// The prompt of a model that is to fill a gap, in the order and with the tokens that its family was trained
// on (fim_tokens.h). Whatever the texts say, none of it becomes a special token.

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "infer/tokenizer/tokenizer.h"

namespace ferry {

// Another file of the same repository.
struct FimFile {
  std::string name;
  std::string text;
};

struct FimText {
  std::variant<std::string, std::vector<TokenId>> prefix;  // before the gap; tokens are taken as they are
  std::string suffix;                                      // after it
  std::vector<FimFile> files = {};                         // the most relevant last
};

struct FimPrompt {
  std::vector<TokenId> tokens;
  // Where the prefix lies among them.
  size_t prefix_begin = 0;
  size_t prefix_end = 0;
};

struct FimOptions {
  bool add_special = true;  // BOS, where encode() would put it before a text
  // The prompt has no more than `most_tokens`, if it can: whole files go first, beginning with the first;
  // then what is farthest from the gap, where the prefix keeps three quarters of the room and the suffix one,
  // and each what the other leaves.
  size_t most_tokens = std::numeric_limits<size_t>::max();
};

// REQUIRES: tokenizer.fim().usable().
FimPrompt fim_prompt(const Tokenizer& tokenizer, const FimText& text, const FimOptions& options = {});

}  // namespace ferry
