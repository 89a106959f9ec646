#pragma once
// Texts or token ids, one or several: what completions call "prompt" and embeddings "input".

#include <cstddef>
#include <string_view>
#include <vector>

#include "serve/dialects/exchange.h"
#include "serve/dialects/field_reader.h"

namespace ferry {

// A string, an array of token ids, or an array of up to `most` of these. Empty where it is refused.
std::vector<Prompt> read_prompts(FieldReader& fields, std::string_view name, size_t most);

}  // namespace ferry
