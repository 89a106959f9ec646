#pragma once
// From what an application asks for to what the engine is told: prompts become tokens, and every name a
// number.

#include <limits>
#include <span>
#include <string>
#include <vector>

#include "infer/host/host.h"
#include "serve/dialects/exchange.h"
#include "serve/dialects/openai_error.h"
#include "serve/providers/model_voice.h"

namespace ferry {

struct PreparedPrompt {
  std::vector<TokenId> tokens;
  std::string text;  // as it was given, or rendered
  std::string echo;  // what the answer's text begins with, where echo was asked for
  // Of the tokens: those that spell `echo`.
  size_t echo_begin = 0;
  size_t echo_end = std::numeric_limits<size_t>::max();
};

// The chat's one prompt, or each of the raw ones. Renders and tokenises, so it takes a while. Errors name the
// field.
ApiResult<std::vector<PreparedPrompt>> prepare_prompts(const GenerationRequest& request,
                                                       const HostedModel& model, const ModelVoice& voice);

// What the engine needs to answer `prompt`, number `index` of the request's.
EngineRequest engine_request(const GenerationRequest& request, const HostedModel& model, size_t index,
                             const PreparedPrompt& prompt);

// The request's one prompt as tokens; it may be empty, and too long to be answered.
ApiResult<TokenizedPrompt> tokenize_prompt(const GenerationRequest& request, const HostedModel& model,
                                           const ModelVoice& voice);
ApiResult<std::string> detokenize_tokens(std::span<const TokenId> tokens, const HostedModel& model);

// "messages" or "prompt": the field at fault for a prompt that is too long.
std::string prompt_field(const GenerationRequest& request);

}  // namespace ferry
