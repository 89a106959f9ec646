// OpenAI's chat completions and legacy completions as wire dialects.

#include "serve/dialects/openai_answer.h"
#include "serve/dialects/openai_chat.h"
#include "serve/dialects/openai_completions.h"
#include "serve/dialects/openai_reading.h"
#include "serve/dialects/openai_writing.h"
#include "serve/dialects/wire_dialect.h"

namespace ferry {
namespace {

template <class Stream>
class OpenAiEventWriter final : public EventWriter {
 public:
  OpenAiEventWriter(ExchangeIdentity identity, const GenerationRequest& request)
      : stream_(std::move(identity), request), reports_thought_(request.thought.report) {}

  void begin(Emit emit) override {
    const auto unnamed = [&](std::string_view data) { emit(data, {}); };
    if constexpr (requires { stream_.begin(unnamed); }) stream_.begin(unnamed);
  }
  void delta(const GenerationDelta& delta, Emit emit) override {
    const auto unnamed = [&](std::string_view data) { emit(data, {}); };
    if (reports_thought_ || (delta.thought.empty() && !delta.seal)) return stream_.delta(delta, unnamed);
    GenerationDelta shown = delta;
    shown.thought.clear();
    shown.seal.reset();
    stream_.delta(shown, unnamed);
  }
  void end(const Usage& usage, Emit emit) override {
    stream_.end(usage, [&](std::string_view data) { emit(data, {}); });
  }
  void fail(int status, const ApiError& error, Emit emit) override {
    emit(openai_error_json(status, error), {});
  }

 private:
  Stream stream_;
  const bool reports_thought_;
};

template <class Stream>
std::unique_ptr<EventWriter> write_events(ExchangeIdentity identity, const GenerationRequest& request) {
  return std::make_unique<OpenAiEventWriter<Stream>>(std::move(identity), request);
}

std::string write_chat(const ExchangeIdentity& identity, const GenerationResult& result,
                       const GenerationRequest& request) {
  const OpenAiAnswerFormat format(request);
  if (request.thought.report) return openai_chat_response(identity, result, format);
  GenerationResult shown = result;
  for (GenerationChoice& choice : shown.choices) {
    choice.thought.clear();
    choice.seals.clear();
  }
  return openai_chat_response(identity, shown, format);
}

std::string write_completion(const ExchangeIdentity& identity, const GenerationResult& result,
                             const GenerationRequest& request) {
  return openai_completion_response(identity, result, OpenAiAnswerFormat(request));
}

ApiResult<WireRequest> write_request(const GenerationRequest& request, const WriteOptions& options) {
  return write_openai_request(request, options);
}

std::string_view no_other_name(Feature /*feature*/) {
  return {};
}

constexpr FeatureSet kOfBoth{Feature::several_choices, Feature::logprobs, Feature::temperature_above_1,
                             Feature::penalties,       Feature::seed,     Feature::logit_bias,
                             Feature::stop_strings,    Feature::user};

constexpr FeatureSet kChatFeatures = kOfBoth.with(
    {Feature::chat, Feature::images, Feature::audio, Feature::files, Feature::message_names, Feature::tools,
     Feature::forced_tool, Feature::allowed_tools, Feature::strict_tools, Feature::serial_tool_calls,
     Feature::json_object, Feature::json_schema, Feature::thinking_budget, Feature::effort});

constexpr FeatureSet kCompletionFeatures =
    kOfBoth.with({Feature::prompts, Feature::infill, Feature::best_of, Feature::echo});

}  // namespace

const WireDialect kOpenAiChat = {.name = "openai_chat",
                                 .vendor = "openai",
                                 .path = "/chat/completions",
                                 .id_prefix = "chatcmpl-",
                                 .key_header = "authorization",
                                 .key_prefix = "Bearer ",
                                 .forwarded_headers = {},
                                 .expressible = kChatFeatures,
                                 .field_name = no_other_name,
                                 .read_request = read_openai_chat,
                                 .write_request = write_request,
                                 .patch_request = patch_openai_request,
                                 .read_answer = read_openai_answer,
                                 .read_events = read_openai_events,
                                 .read_error = read_openai_error,
                                 .patch_answer = patch_openai_model,
                                 .patch_event = patch_openai_model,
                                 .write_answer = write_chat,
                                 .write_events = write_events<OpenAiChatStream>,
                                 .write_error = openai_error_json};

const WireDialect kOpenAiCompletions = {.name = "openai_completions",
                                        .vendor = "openai",
                                        .path = "/completions",
                                        .id_prefix = "cmpl-",
                                        .key_header = "authorization",
                                        .key_prefix = "Bearer ",
                                        .forwarded_headers = {},
                                        .expressible = kCompletionFeatures,
                                        .field_name = no_other_name,
                                        .read_request = read_openai_completion,
                                        .write_request = write_request,
                                        .patch_request = patch_openai_request,
                                        .read_answer = read_openai_answer,
                                        .read_events = read_openai_events,
                                        .read_error = read_openai_error,
                                        .patch_answer = patch_openai_model,
                                        .patch_event = patch_openai_model,
                                        .write_answer = write_completion,
                                        .write_events = write_events<OpenAiCompletionStream>,
                                        .write_error = openai_error_json};

}  // namespace ferry
