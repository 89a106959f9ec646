#pragma once
// What the answers to a request must be, how they are read, and what the engine has to know of it.

#include <memory>
#include <optional>
#include <vector>

#include "infer/host/host.h"
#include "serve/dialects/exchange.h"
#include "serve/dialects/openai_error.h"
#include "serve/providers/local_reply.h"
#include "serve/providers/local_request.h"
#include "serve/providers/model_voice.h"

namespace ferry {

struct AnswerPlan {
  std::shared_ptr<const Grammar> grammar = {};  // of the text behind the thought; null: anything
  std::optional<ThoughtRequest> thought = {};
  std::vector<TokenId> shown_special = {};   // they carry the reply's structure
  std::optional<ReplyReading> reading = {};  // of a chat; not set: all is text
};

// Whether plan_answer() has to compile something: milliseconds, at most a few seconds.
bool needs_grammar(const GenerationRequest& request);

// `prompts`: what prepare_prompts() made of it. Errors name the field.
ApiResult<AnswerPlan> plan_answer(const GenerationRequest& request, const HostedModel& model,
                                  const ModelVoice& voice, const std::vector<PreparedPrompt>& prompts);

}  // namespace ferry
