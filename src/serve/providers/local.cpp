#include "serve/providers/local.h"

#include <map>
#include <mutex>
#include <optional>

#include "base/core/task_queue.h"
#include "serve/providers/answer_plan.h"
#include "serve/providers/local_choices.h"
#include "serve/providers/local_embedding.h"
#include "serve/providers/local_request.h"

namespace ferry {
namespace {

ApiError api_error(Error error, std::string param, std::string reason = {}) {
  return {std::move(error), std::move(param), std::move(reason)};
}

ApiError not_served(std::string_view name) {
  return api_error({ErrorCode::not_found, fmt::format("the model '{}' is not served here", name)}, "model",
                   "model_not_found");
}

// The voices of the models that have been asked, found once for each. Any thread.
class Voices {
 public:
  explicit Voices(const LocalProviderSettings& settings) : settings_(settings) {}

  ModelVoice of(const std::shared_ptr<HostedModel>& model) {
    const std::lock_guard lock(mutex_);
    auto& [known, voice] = voices_[model->name];
    if (known.lock() != model) {
      // The settings are one of the parsers' names.
      voice = voice_of(*model, settings_.tool_parser, settings_.reasoning_parser).value();
      known = model;
    }
    return voice;
  }

 private:
  const LocalProviderSettings settings_;
  std::mutex mutex_;
  std::map<std::string, std::pair<std::weak_ptr<HostedModel>, ModelVoice>> voices_;  // guarded by mutex_
};

// One exchange on its way: lives as long as its caller or an engine callback holds it.
class LocalExchange : public RunningExchange, public std::enable_shared_from_this<LocalExchange> {
 public:
  LocalExchange(GenerationRequest request, AnswerSink sink)
      : request_(std::move(request)), sink_(std::move(sink)) {}

  // Its start may take long.
  bool compiles() const { return needs_grammar(request_); }
  // On a thread of the provider's.
  void start(std::shared_ptr<HostedModel> model, Voices& voices);
  void refuse(ApiError error) { sink_.failed(std::move(error)); }
  void cancel() override;

 private:
  void submit(std::vector<PreparedPrompt> prompts, AnswerPlan plan);
  ApiError refusal(Error error) const;
  void on_event(size_t prompt, EngineEvent event);
  void drop(ApiError error);
  void cancel_submitted();

  const GenerationRequest request_;
  const AnswerSink sink_;
  std::shared_ptr<HostedModel> model_;

  // Guards what follows, and the order of the sink's calls. Recursive, since a sink that finds its client
  // gone cancels from within a call.
  std::recursive_mutex mutex_;
  std::vector<EngineRequestId> submitted_;  // one for each prompt
  std::optional<LocalChoices> choices_;
  bool ended_ = false;  // cancelled, failed or finished: the sink gets no more
};

void LocalExchange::start(std::shared_ptr<HostedModel> model, Voices& voices) {
  model_ = std::move(model);
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
  }
  const ModelVoice voice = voices.of(model_);
  auto prompts = prepare_prompts(request_, *model_, voice);
  if (!prompts) return drop(std::move(prompts).error());
  auto plan = plan_answer(request_, *model_, voice, *prompts);
  if (!plan) return drop(std::move(plan).error());
  submit(*std::move(prompts), *std::move(plan));
}

// Events wait for the lock, so the sink hears `started`, or `failed`, before any of them.
void LocalExchange::submit(std::vector<PreparedPrompt> prompts, AnswerPlan plan) {
  std::optional<ApiError> refused;
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  choices_.emplace(request_, *model_->tokenizer, std::move(plan.reading));
  for (size_t prompt = 0; prompt < prompts.size() && !refused; ++prompt) {
    EngineRequest asked = engine_request(request_, *model_, prompt, prompts[prompt]);
    asked.grammar = plan.grammar;
    asked.thought = plan.thought;
    asked.shown_special = plan.shown_special;
    auto submitted = model_->engine->submit(
        std::move(asked),
        [self = shared_from_this(), prompt](EngineEvent event) { self->on_event(prompt, std::move(event)); });
    choices_->add_prompt(std::move(prompts[prompt]));
    if (submitted) {
      submitted_.push_back(*submitted);
    } else {
      refused = refusal(std::move(submitted).error());
    }
  }
  if (refused) {
    drop(*std::move(refused));
  } else {
    sink_.started();
  }
}

ApiError LocalExchange::refusal(Error error) const {
  if (error.code == ErrorCode::resource_exhausted) {
    // To the application it is its request that is too long.
    return api_error({ErrorCode::invalid_argument, std::move(error.message)}, prompt_field(request_),
                     "context_length_exceeded");
  }
  ApiError refused = api_error(std::move(error), "");
  if (refused.error.code == ErrorCode::overloaded) refused.retry_after_s = model_->engine->queue_s();
  return refused;
}

void LocalExchange::on_event(size_t prompt, EngineEvent event) {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  if (event.finish == EngineFinish::cancelled) {  // not by us: the engine stops
    ended_ = true;
    sink_.failed(api_error({ErrorCode::unavailable, "the server is shutting down"}, ""));
    return;
  }
  if (event.finish == EngineFinish::failed) {
    return drop(api_error({ErrorCode::internal, std::move(event.error)}, ""));
  }
  for (GenerationDelta& delta : choices_->take(prompt, std::move(event))) {
    if (!ended_) sink_.delta(std::move(delta));
  }
  if (choices_->complete() && !ended_) {
    ended_ = true;
    sink_.finished(choices_->usage());
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
      : host_(host),
        voices_(settings),
        preparation_(settings.preparation_threads),
        compilation_(settings.preparation_threads) {}

  std::shared_ptr<RunningExchange> generate(GenerationRequest request, AnswerSink sink) override {
    std::shared_ptr<HostedModel> model = host_.find(request.model);
    const std::string name = request.model;
    if (request.vectors) return generate_vectors(std::move(request), std::move(sink));
    auto honoured = apply_features(request, local_features(), FeaturePolicy::reject);
    auto exchange = std::make_shared<LocalExchange>(std::move(request), std::move(sink));
    if (model == nullptr) {
      exchange->refuse(not_served(name));
    } else if (!honoured) {
      exchange->refuse(std::move(honoured).error());
    } else if (auto makes_text = check_makes_text(*model); !makes_text) {
      exchange->refuse(api_error(std::move(makes_text).error(), "model"));
    } else {
      // What has to be compiled does not keep others waiting.
      TaskQueue& queue = exchange->compiles() ? compilation_ : preparation_;
      queue.post([this, exchange, model = std::move(model)]() mutable {
        exchange->start(std::move(model), voices_);
      });
    }
    return exchange;
  }

  // A choice for each of the prompts.
  std::shared_ptr<RunningExchange> generate_vectors(GenerationRequest request, AnswerSink sink) {
    for (const FeatureUse& use : request.met) {
      if (!use.refusal) continue;
      sink.failed(*use.refusal);
      return nullptr;
    }
    EmbeddingRequest asked{.model = std::move(request.model),
                           .inputs = std::move(request.prompts),
                           .add_special_tokens = request.vectors->add_special_tokens,
                           .truncate = request.vectors->truncate,
                           .dimensions = request.vectors->dimensions};
    return embed(std::move(asked), [sink = std::move(sink)](ApiResult<EmbeddingResult> made) {
      if (!made) return sink.failed(std::move(made).error());
      sink.started();
      for (size_t i = 0; i < made->vectors.size(); ++i) {
        sink.delta({.index = static_cast<int>(i),
                    .finish = FinishReason::stop,
                    .vector = std::move(made->vectors[i])});
      }
      sink.finished({.prompt_tokens = made->prompt_tokens});
    });
  }

  void tokenize(GenerationRequest request, std::function<void(ApiResult<TokenizedPrompt>)> done) override {
    const std::shared_ptr<HostedModel> model = host_.find(request.model);
    if (model == nullptr) return done(tl::unexpected(not_served(request.model)));
    preparation_.post([this, request = std::move(request), done = std::move(done), model] {
      done(tokenize_prompt(request, *model, voices_.of(model)));
    });
  }

  void detokenize(std::string name, std::vector<TokenId> tokens,
                  std::function<void(ApiResult<std::string>)> done) override {
    const std::shared_ptr<HostedModel> model = host_.find(name);
    if (model == nullptr) return done(tl::unexpected(not_served(name)));
    preparation_.post([tokens = std::move(tokens), done = std::move(done), model] {
      done(detokenize_tokens(tokens, *model));
    });
  }

  std::shared_ptr<RunningExchange> embed(EmbeddingRequest request,
                                         std::function<void(ApiResult<EmbeddingResult>)> done) override {
    std::shared_ptr<HostedModel> model = host_.find(request.model);
    if (model != nullptr)
      return start_embedding(std::move(model), preparation_, std::move(request), std::move(done));
    done(tl::unexpected(not_served(request.model)));
    return nullptr;
  }

  std::shared_ptr<RunningExchange> score(ScoreRequest request,
                                         std::function<void(ApiResult<ScoreResult>)> done) override {
    std::shared_ptr<HostedModel> model = host_.find(request.model);
    if (model != nullptr)
      return start_score(std::move(model), preparation_, std::move(request), std::move(done));
    done(tl::unexpected(not_served(request.model)));
    return nullptr;
  }

 private:
  const Host& host_;
  Voices voices_;
  TaskQueue preparation_;
  TaskQueue compilation_;
};

}  // namespace

FeatureSet local_features() {
  return FeatureSet::all()
      .without(Feature::images)
      .without(Feature::audio)
      .without(Feature::files)
      .without(Feature::tool_result_parts)
      .without(Feature::server_tools)
      .without(Feature::foreign);
}

std::unique_ptr<Provider> make_local_provider(const Host& host, const LocalProviderSettings& settings) {
  return std::make_unique<LocalProvider>(host, settings);
}

}  // namespace ferry
