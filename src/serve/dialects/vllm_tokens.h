#pragma once
// vLLM's POST /tokenize and POST /detokenize.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "serve/dialects/exchange.h"
#include "serve/dialects/openai_error.h"

namespace ferry {

struct TokenizeRequest {
  GenerationRequest prompt;  // its model, its messages or one prompt, and how they become tokens
  bool texts = false;        // name the tokens, too
};

// The model may be left out: its name is then empty.
ApiResult<TokenizeRequest> parse_tokenize(std::string_view body);
std::string tokenize_response(const TokenizedPrompt& prompt, const TokenizeRequest& request,
                              int64_t max_model_len);

struct DetokenizeRequest {
  std::string model;  // may be empty
  std::vector<TokenId> tokens;
};

ApiResult<DetokenizeRequest> parse_detokenize(std::string_view body);
std::string detokenize_response(std::string_view text);

}  // namespace ferry
