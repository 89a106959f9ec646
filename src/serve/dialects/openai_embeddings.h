#pragma once
// OpenAI's POST /v1/embeddings, with vLLM's truncate_prompt_tokens and add_special_tokens.

#include <string>
#include <string_view>
#include <vector>

#include "serve/dialects/embedding.h"
#include "serve/dialects/openai_error.h"

namespace ferry {

struct OpenAiEmbeddingRequest {
  EmbeddingRequest request;
  bool base64 = false;               // vectors as base64 of little-endian f32, and not as lists of numbers
  std::vector<std::string> ignored;  // fields that no version of the API names, for the debug log
};

ApiResult<OpenAiEmbeddingRequest> parse_openai_embeddings(std::string_view body);
std::string openai_embeddings_response(std::string_view model, const EmbeddingResult& result, bool base64);

}  // namespace ferry
