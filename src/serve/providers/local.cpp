#include "serve/providers/local.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <mutex>
#include <random>
#include <span>

#include "base/core/task_queue.h"

namespace ferry {
namespace {

uint64_t fresh_seed() {
  static std::atomic<uint64_t> next = std::random_device{}();
  return next.fetch_add(0x9E3779B97F4A7C15u);
}

ApiError api_error(Error error, std::string param, std::string reason = {}) {
  return {std::move(error), std::move(param), std::move(reason)};
}

SamplingParams sampling_of(const GenerationRequest& request, const GenerationDefaults& defaults) {
  const SamplingRequest& asked = request.sampling;
  const auto real = [](const std::optional<double>& value, float otherwise) {
    return value ? static_cast<float>(*value) : otherwise;
  };
  SamplingParams params;
  params.temperature = real(asked.temperature, defaults.temperature.value_or(1.0f));
  params.top_p = real(asked.top_p, defaults.top_p.value_or(1.0f));
  params.top_k = static_cast<int32_t>(asked.top_k.value_or(defaults.top_k.value_or(0)));
  params.min_p = real(asked.min_p, 0.0f);
  params.adjustments.presence_penalty = real(asked.presence_penalty, 0.0f);
  params.adjustments.frequency_penalty = real(asked.frequency_penalty, 0.0f);
  params.adjustments.repetition_penalty =
      real(asked.repetition_penalty, defaults.repetition_penalty.value_or(1.0f));
  params.adjustments.logit_bias = asked.logit_bias;
  params.seed = asked.seed ? static_cast<uint64_t>(*asked.seed) : fresh_seed();
  params.logprobs = request.top_logprobs.value_or(-1);
  return params;
}

EngineRequest engine_request(const GenerationRequest& request, const HostedModel& model, size_t choice) {
  EngineRequest engine;
  engine.sampling = sampling_of(request, model.defaults);
  // Each prompt of one request draws numbers of its own.
  engine.sampling.seed += choice;
  engine.max_tokens = static_cast<int32_t>(
      std::min<int64_t>(request.stop.max_tokens.value_or(0), std::numeric_limits<int32_t>::max()));
  engine.min_tokens =
      static_cast<int32_t>(std::min<int64_t>(request.stop.min_tokens, std::numeric_limits<int32_t>::max()));
  engine.stop = request.stop.strings;
  engine.stop_tokens = request.stop.token_ids;
  engine.ignore_eos = request.stop.ignore_eos;
  return engine;
}

// Clients may send content in parts; the templates of text models print what they get, and expect a string.
json::value template_message(const ChatMessage& message) {
  json::value raw = message.raw;
  json::value* content = raw.get_object().if_contains("content");
  if (content != nullptr && content->is_array()) *content = text_of(message);
  return raw;
}

Result<std::vector<TokenId>> chat_tokens(const GenerationRequest& request, const HostedModel& model) {
  json::object context = request.template_arguments;
  json::array messages;
  for (const ChatMessage& message : request.messages) messages.push_back(template_message(message));
  context.insert_or_assign("messages", std::move(messages));
  if (!context.contains("add_generation_prompt")) context.emplace("add_generation_prompt", true);
  return chat_prompt(model, std::move(context));
}

std::vector<TokenId> prompt_tokens(const Prompt& prompt, const HostedModel& model) {
  if (const auto* tokens = std::get_if<std::vector<TokenId>>(&prompt)) return *tokens;
  return model.tokenizer->encode(std::get<std::string>(prompt));
}

TokenAlternative alternative(const Tokenizer& tokenizer, TokenId token, float logprob) {
  return {token, tokenizer.token_bytes(token), logprob};
}

TokenLogprob logprob_of(const Tokenizer& tokenizer, const SampledToken& sampled) {
  TokenLogprob logprob{alternative(tokenizer, sampled.token, sampled.logprob), {}};
  for (const LikelyToken& likely : sampled.top) {
    logprob.top.push_back(alternative(tokenizer, likely.token, likely.logprob));
  }
  return logprob;
}

// One exchange on its way: lives as long as its caller or an engine callback holds it.
class LocalExchange : public RunningExchange, public std::enable_shared_from_this<LocalExchange> {
 public:
  LocalExchange(GenerationRequest request, AnswerSink sink)
      : request_(std::move(request)), sink_(std::move(sink)) {}

  // On a preparation thread.
  void start(std::shared_ptr<HostedModel> model);
  void refuse(ApiError error) { sink_.failed(std::move(error)); }
  void cancel() override;

 private:
  ApiResult<std::vector<std::vector<TokenId>>> prepare() const;
  void submit(std::vector<std::vector<TokenId>> prompts);
  void on_event(size_t choice, EngineEvent event);
  void drop(ApiError error);
  void cancel_submitted();

  const GenerationRequest request_;
  const AnswerSink sink_;
  std::shared_ptr<HostedModel> model_;

  // Guards what follows, and the order of the sink's calls. Recursive, since a sink that finds its client
  // gone cancels from within a call.
  std::recursive_mutex mutex_;
  std::vector<EngineRequestId> submitted_;
  size_t open_choices_ = 0;
  Usage usage_;
  bool ended_ = false;  // cancelled, failed or finished: the sink gets no more
};

void LocalExchange::start(std::shared_ptr<HostedModel> model) {
  model_ = std::move(model);
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
  }
  auto prompts = prepare();
  if (!prompts) return drop(std::move(prompts).error());
  submit(*std::move(prompts));
}

ApiResult<std::vector<std::vector<TokenId>>> LocalExchange::prepare() const {
  std::vector<std::vector<TokenId>> prompts;
  if (request_.prompts.empty()) {
    auto tokens = chat_tokens(request_, *model_);
    if (!tokens) return tl::unexpected(api_error(std::move(tokens).error(), "messages"));
    prompts.push_back(*std::move(tokens));
  }
  for (const Prompt& prompt : request_.prompts) prompts.push_back(prompt_tokens(prompt, *model_));
  return prompts;
}

// Events wait for the lock, so the sink hears `started`, or `failed`, before any of them.
void LocalExchange::submit(std::vector<std::vector<TokenId>> prompts) {
  std::optional<ApiError> refused;
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  for (size_t choice = 0; choice < prompts.size() && !refused; ++choice) {
    EngineRequest request = engine_request(request_, *model_, choice);
    usage_.prompt_tokens += std::ssize(prompts[choice]);
    request.prompt = std::move(prompts[choice]);
    auto submitted = model_->engine->submit(
        std::move(request),
        [self = shared_from_this(), choice](EngineEvent event) { self->on_event(choice, std::move(event)); });
    if (submitted) {
      submitted_.push_back(*submitted);
      ++open_choices_;
    } else if (submitted.error().code == ErrorCode::resource_exhausted) {
      // To the application it is its request that is too long.
      refused = api_error({ErrorCode::invalid_argument, submitted.error().message},
                          request_.prompts.empty() ? "messages" : "prompt", "context_length_exceeded");
    } else {
      refused = api_error(std::move(submitted).error(), "");
    }
  }
  if (refused) {
    drop(*std::move(refused));
  } else {
    sink_.started();
  }
}

void LocalExchange::on_event(size_t choice, EngineEvent event) {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  if (event.finish == EngineFinish::cancelled) {  // not by us: the engine stops
    ended_ = true;
    sink_.failed(api_error({ErrorCode::unavailable, "the server is shutting down"}, ""));
    return;
  }
  GenerationDelta delta;
  delta.index = static_cast<int>(choice);
  delta.text = std::move(event.text);
  if (request_.top_logprobs) {
    for (const SampledToken& sampled : event.tokens) {
      delta.logprobs.push_back(logprob_of(*model_->tokenizer, sampled));
    }
  }
  if (event.finish) {
    delta.finish = event.finish == EngineFinish::length ? FinishReason::length : FinishReason::stop;
    usage_.completion_tokens += event.completion_tokens;
    --open_choices_;
  }
  sink_.delta(std::move(delta));
  if (open_choices_ == 0 && !ended_) {
    ended_ = true;
    sink_.finished(usage_);
  }
}

void LocalExchange::drop(ApiError error) {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  ended_ = true;
  cancel_submitted();
  sink_.failed(std::move(error));
}

void LocalExchange::cancel() {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  ended_ = true;
  cancel_submitted();
}

// REQUIRES: mutex_ is held.
void LocalExchange::cancel_submitted() {
  for (const EngineRequestId id : submitted_) model_->engine->cancel(id);
}

class LocalProvider : public Provider {
 public:
  LocalProvider(const Host& host, const LocalProviderSettings& settings)
      : host_(host), preparation_(settings.preparation_threads) {}

  std::shared_ptr<RunningExchange> generate(GenerationRequest request, AnswerSink sink) override {
    std::shared_ptr<HostedModel> model = host_.find(request.model);
    std::string name = request.model;
    auto exchange = std::make_shared<LocalExchange>(std::move(request), std::move(sink));
    if (model == nullptr) {
      exchange->refuse(
          api_error({ErrorCode::not_found, fmt::format("the model '{}' is not served here", name)}, "model",
                    "model_not_found"));
    } else {
      preparation_.post(
          [exchange, model = std::move(model)]() mutable { exchange->start(std::move(model)); });
    }
    return exchange;
  }

 private:
  const Host& host_;
  TaskQueue preparation_;
};

}  // namespace

std::unique_ptr<Provider> make_local_provider(const Host& host, const LocalProviderSettings& settings) {
  return std::make_unique<LocalProvider>(host, settings);
}

}  // namespace ferry
