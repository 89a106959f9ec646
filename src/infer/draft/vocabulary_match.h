#pragma once
// Whether guesses of one model mean the same text to another.

#include <string_view>

#include "base/core/result.h"
#include "infer/tokenizer/tokenizer.h"

namespace ferry {

// Every id that is a token in both vocabularies must be the same one. They may end differently: with padding,
// or with added tokens that only one model has. Error: invalid_argument, naming the first id that differs.
// `model` and `draft` name them in it.
Result<void> check_same_vocabulary(const Tokenizer& model_tokenizer, std::string_view model,
                                   const Tokenizer& draft_tokenizer, std::string_view draft);

}  // namespace ferry
