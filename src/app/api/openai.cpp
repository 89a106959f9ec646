#include "app/api/gateway_answers.h"
#include "app/api/generate.h"
#include "app/api/handlers.h"
#include "serve/dialects/llama_infill.h"
#include "serve/dialects/openai_chat.h"
#include "serve/dialects/openai_completions.h"

namespace ferry::api {
namespace {

// OpenAiChatStream, OpenAiCompletionStream or LlamaInfillStream as an EventStream.
template <class Stream>
class Events final : public EventStream {
 public:
  Events(ExchangeIdentity identity, const GenerationRequest& request)
      : stream_(std::move(identity), request) {}

  void begin(Emit emit) override {
    if constexpr (requires { stream_.begin(emit); }) stream_.begin(emit);
  }
  void delta(const GenerationDelta& delta, Emit emit) override { stream_.delta(delta, emit); }
  void end(const Usage& usage, Emit emit) override { stream_.end(usage, emit); }

 private:
  Stream stream_;
};

template <class Stream>
std::unique_ptr<EventStream> make_stream(ExchangeIdentity identity, const GenerationRequest& request) {
  return std::make_unique<Events<Stream>>(std::move(identity), request);
}

constexpr Dialect kChat = {"chatcmpl-", parse_openai_chat, make_stream<OpenAiChatStream>,
                           openai_chat_response};
constexpr Dialect kCompletions = {"cmpl-", parse_openai_completion, make_stream<OpenAiCompletionStream>,
                                  openai_completion_response};

constexpr Dialect kInfill = {"infill-", parse_llama_infill, make_stream<LlamaInfillStream>,
                             llama_infill_response};

}  // namespace

void chat_completions(const Service& service, Call call) {
  if (service.gateway != nullptr) return answer_through_gateway(service, std::move(call), kOpenAiChat);
  generate(service, std::move(call), kChat);
}

void completions(const Service& service, Call call) {
  if (service.gateway != nullptr) return answer_through_gateway(service, std::move(call), kOpenAiCompletions);
  generate(service, std::move(call), kCompletions);
}

void infill(const Service& service, Call call) {
  generate(service, std::move(call), kInfill);
}

}  // namespace ferry::api
