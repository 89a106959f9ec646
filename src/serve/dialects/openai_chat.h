#pragma once
// OpenAI's chat completions: POST /v1/chat/completions.
//
// parse_openai_chat() is for our engine: a field that is known (of OpenAI's API or of vLLM's extensions to
// it) but not honoured is refused by name, unless its value asks for nothing; fields that nobody knows are
// listed in GenerationRequest::ignored. read_openai_chat() is for whoever: both are listed in
// GenerationRequest::met, and only what is malformed is refused.

#include <string>
#include <string_view>

#include "base/core/function_ref.h"
#include "serve/dialects/exchange.h"
#include "serve/dialects/openai_answer.h"
#include "serve/dialects/openai_error.h"

namespace ferry {

ApiResult<GenerationRequest> parse_openai_chat(std::string_view body);
ApiResult<GenerationRequest> read_openai_chat(std::string_view body);

// The whole answer, object "chat.completion".
std::string openai_chat_response(const ExchangeIdentity& identity, const GenerationResult& result,
                                 const OpenAiAnswerFormat& format);

// Receives the data of one server-sent event.
using EventSink = FunctionRef<void(std::string_view data)>;

// The data of the event that ends every OpenAI stream.
inline constexpr std::string_view kOpenAiStreamEnd = "[DONE]";

// An answer in pieces, objects "chat.completion.chunk": begin, delta..., end.
class OpenAiChatStream {
 public:
  OpenAiChatStream(ExchangeIdentity identity, const GenerationRequest& request);

  // The chunks that name the role, one for each choice.
  void begin(EventSink emit) const;
  // A chunk for thought, text and calls, and one for the finish reason, as far as the delta has them.
  void delta(const GenerationDelta& delta, EventSink emit);
  // The usage, if the request asked for it, and [DONE].
  void end(const Usage& usage, EventSink emit) const;

 private:
  std::string chunk(std::string_view delta_json, const GenerationDelta& content,
                    const PromptReport* prompt) const;

  ExchangeIdentity identity_;
  OpenAiAnswerFormat format_;
  bool told_prompt_ = false;
};

}  // namespace ferry
