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
  std::vector<FeatureUse> met = {};  // what our engine refuses, or does not know
  json::object foreign = {};         // members that nothing above holds
};

// For our engine, which refuses what it does not honour; and for whoever, as openai_chat.h has it.
ApiResult<OpenAiEmbeddingRequest> parse_openai_embeddings(std::string_view body);
ApiResult<OpenAiEmbeddingRequest> read_openai_embeddings(std::string_view body);
std::string openai_embeddings_response(std::string_view model, const EmbeddingResult& result, bool base64);

// For an upstream, by its name of the model: the body as it came but for that name, and one written anew. The
// answer comes as base64 or as lists of numbers; who asked for the other form gets it written anew.
ApiResult<std::string> patch_openai_embeddings(std::string_view body, std::string_view model);
std::string write_openai_embeddings(const OpenAiEmbeddingRequest& request, std::string_view model);
// `inputs`: how many the request had; not set: whoever asks counts. Errors are of kind unreadable, or what
// the upstream says.
ApiResult<EmbeddingResult> read_openai_embeddings_answer(std::string_view body, std::optional<size_t> inputs);

}  // namespace ferry
