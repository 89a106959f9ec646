#include "infer/draft/vocabulary_match.h"

#include <algorithm>

namespace ferry {

Result<void> check_same_vocabulary(const Tokenizer& model_tokenizer, std::string_view model,
                                   const Tokenizer& draft_tokenizer, std::string_view draft) {
  const TokenId shared = std::min(model_tokenizer.vocab_size(), draft_tokenizer.vocab_size());
  for (TokenId id = 0; id < shared; ++id) {
    const std::string_view ours = model_tokenizer.token_text(id);
    const std::string_view theirs = draft_tokenizer.token_text(id);
    if (ours == theirs || ours.empty() || theirs.empty()) continue;
    return fail(
        ErrorCode::invalid_argument,
        "{} cannot draft for {}: token {} is \"{}\" there and \"{}\" here; a draft model needs the same "
        "vocabulary, so take a smaller model of the same family",
        draft, model, id, theirs, ours);
  }
  return {};
}

}  // namespace ferry
