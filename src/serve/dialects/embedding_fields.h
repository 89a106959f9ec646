#pragma once
// What the bodies and answers of embeddings, scores and rankings have in common.

#include <cstdint>
#include <optional>
#include <string>

#include "serve/dialects/field_reader.h"

namespace ferry {

std::string read_model(FieldReader& fields);

// truncate_prompt_tokens: -1, or at least 1. Only the end is ever cut: truncation_side must say so, or
// nothing.
std::optional<int64_t> read_truncation(FieldReader& fields);

// Accepts what changes no answer, and refuses by name what OpenAI, vLLM, Cohere or Jina know and Ferry does
// not honour.
void settle_embedding_fields(FieldReader& fields);

// "usage", of requests that have no completion.
void write_prompt_usage(JsonWriter& w, int64_t prompt_tokens);

}  // namespace ferry
