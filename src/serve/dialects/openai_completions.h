#pragma once
// OpenAI's legacy completions: POST /v1/completions. Prompts are text or token ids, one or several; each has
// n choices. Fields are honoured or refused as in openai_chat.h.

#include <string>
#include <string_view>
#include <vector>

#include "serve/dialects/exchange.h"
#include "serve/dialects/openai_chat.h"
#include "serve/dialects/openai_error.h"

namespace ferry {

// max_tokens is 16 where it is not given, as the API says.
ApiResult<GenerationRequest> parse_openai_completion(std::string_view body);
ApiResult<GenerationRequest> read_openai_completion(std::string_view body);

// The whole answer, object "text_completion".
std::string openai_completion_response(const ExchangeIdentity& identity, const GenerationResult& result,
                                       const OpenAiAnswerFormat& format);

// An answer in pieces, objects "text_completion": delta..., end.
class OpenAiCompletionStream {
 public:
  OpenAiCompletionStream(ExchangeIdentity identity, const GenerationRequest& request);

  // A chunk for the text and the finish reason, as far as the delta has them.
  void delta(const GenerationDelta& delta, EventSink emit);
  // The usage, if the request asked for it, and [DONE].
  void end(const Usage& usage, EventSink emit) const;

 private:
  ExchangeIdentity identity_;
  OpenAiAnswerFormat format_;
  std::vector<size_t> text_offsets_;  // of each choice: characters that its tokens have spelled so far
};

}  // namespace ferry
