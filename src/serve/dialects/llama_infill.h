#pragma once
// llama.cpp's way to ask for the text in a gap: POST /infill, as editors send it. The sampling, stopping and
// queueing fields are those of completions; answers have the members of llama.cpp's, as far as there is
// something to say: content, tokens, tokens_predicted, tokens_evaluated, tokens_cached, prompt, stop_type...

#include <string>
#include <string_view>
#include <vector>

#include "serve/dialects/exchange.h"
#include "serve/dialects/openai_answer.h"
#include "serve/dialects/openai_chat.h"
#include "serve/dialects/openai_error.h"

namespace ferry {

// The model may be left out: the only one is meant. What is too long is cut where it is farthest from the
// gap, unless truncate_prompt_tokens says otherwise.
ApiResult<GenerationRequest> parse_llama_infill(std::string_view body);

// The whole answer: an object, or an array of them where there are several choices.
std::string llama_infill_response(const ExchangeIdentity& identity, const GenerationResult& result,
                                  const OpenAiAnswerFormat& format);

// An answer in pieces: objects with "stop": false, and one with "stop": true for each choice. There is no
// end mark beside these.
class LlamaInfillStream {
 public:
  LlamaInfillStream(ExchangeIdentity identity, const GenerationRequest& request);

  void delta(GenerationDelta delta, EventSink emit);
  void end(const Usage& usage, EventSink emit) const;

 private:
  ExchangeIdentity identity_;
  OpenAiAnswerFormat format_;
  GenerationResult result_;
};

}  // namespace ferry
