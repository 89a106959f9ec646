#include "serve/providers/local_embedding.h"

#include <algorithm>

#include "infer/embed/pooling.h"

namespace ferry {
namespace {

tl::unexpected<ApiError> refuse(ErrorCode code, std::string message, std::string_view param,
                                std::string reason = "invalid_value") {
  return tl::unexpected(ApiError{{code, std::move(message)}, std::string(param), std::move(reason)});
}

ApiResult<void> check_embeds(const HostedModel& model) {
  auto checked = check_makes_vectors(model);
  if (checked) return {};
  return tl::unexpected(ApiError{std::move(checked).error(), "model", {}});
}

// How many tokens each input may have, and beyond how many it is cut.
struct Limits {
  int64_t most;
  size_t cut;  // SIZE_MAX: nothing is
};

ApiResult<Limits> limits_for(const std::optional<int64_t>& truncate, const HostedModel& model) {
  const int64_t most = model.embedder->max_tokens();
  if (!truncate) return Limits{most, SIZE_MAX};
  if (*truncate > most) {
    return refuse(
        ErrorCode::invalid_argument,
        fmt::format("truncate_prompt_tokens is {}, but the model takes {} tokens at most", *truncate, most),
        "truncate_prompt_tokens");
  }
  return Limits{most, static_cast<size_t>(*truncate < 0 ? most : *truncate)};
}

ApiResult<void> check_length(size_t tokens, const Limits& limits, std::string_view field, size_t index,
                             std::string_view what = "") {
  if (tokens > 0 && tokens <= static_cast<size_t>(limits.most)) return {};
  if (tokens == 0) {
    return refuse(ErrorCode::invalid_argument, fmt::format("{}[{}] gives no token at all", field, index),
                  field);
  }
  return refuse(
      ErrorCode::invalid_argument,
      fmt::format("{}[{}] has {} tokens{}, but the model takes {} at most; shorten it, or have it cut by "
                  "truncate_prompt_tokens",
                  field, index, tokens, what, limits.most),
      field, "context_length_exceeded");
}

ApiResult<void> check_dimensions(const EmbeddingRequest& request, const HostedModel& model) {
  if (!request.dimensions) return {};
  const int64_t wanted = *request.dimensions;
  const int64_t own = model.embedder->spec().hidden;
  const SentenceFiles& files = model.embedder->files();
  const bool listed = std::ranges::count(files.dimensions, wanted) > 0;
  if (wanted == own || (wanted < own && (files.any_dimensions || listed))) return {};
  const std::string others = files.any_dimensions ? fmt::format("up to {}", own)
                             : !files.dimensions.empty()
                                 ? fmt::format("{} or {}", fmt::join(files.dimensions, ", "), own)
                                 : fmt::format("{} only: it was not trained to be cut", own);
  return refuse(ErrorCode::invalid_argument,
                fmt::format("dimensions is {}, but model {} makes vectors of {}", wanted, model.name, others),
                "dimensions");
}

EmbedInput input_of(const Prompt& prompt, const EmbeddingRequest& request, const HostedModel& model,
                    size_t cut) {
  EmbedInput input;
  if (const auto* tokens = std::get_if<std::vector<TokenId>>(&prompt)) {
    input.ids = *tokens;
  } else {
    const std::string text = model.embedder->files().prompt + std::get<std::string>(prompt);
    if (request.add_special_tokens) return model.tokenizer->frame(text, cut);
    input.ids = model.tokenizer->encode(text, {.add_special = false, .parse_special = false});
  }
  input.ids.resize(std::min(input.ids.size(), cut));
  return input;
}

ApiResult<void> check_vocabulary(const EmbedInput& input, const HostedModel& model, std::string_view field,
                                 size_t index) {
  const int32_t vocab = model.embedder->spec().vocab;
  for (const TokenId token : input.ids) {
    if (token >= 0 && token < vocab) continue;
    return refuse(
        ErrorCode::invalid_argument,
        fmt::format("{}[{}] has token {}, but the vocabulary ends at {}", field, index, token, vocab - 1),
        field);
  }
  return {};
}

void add(PreparedInputs& prepared, EmbedInput input) {
  prepared.tokens += std::ssize(input.ids);
  prepared.inputs.push_back(std::move(input));
}

const std::string& first_of(const ScoreRequest& request, size_t index) {
  return request.first[request.first.size() == 1 ? 0 : index];
}

ApiResult<void> add_pairs(const ScoreRequest& request, const HostedModel& model, const Limits& limits,
                          PreparedInputs& prepared) {
  for (size_t i = 0; i < request.second.size(); ++i) {
    auto pair = model.tokenizer->frame_pair(first_of(request, i), request.second[i], limits.cut);
    if (!pair) return tl::unexpected(ApiError{std::move(pair).error(), "model", {}});
    if (model.embedder->spec().token_types == 0) pair->types.clear();
    auto fits = check_length(pair->ids.size(), limits, request.second_field, i,
                             " with the text that it is scored for");
    if (!fits) return fits;
    add(prepared, *std::move(pair));
  }
  return {};
}

ApiResult<void> add_texts(const std::vector<std::string>& texts, std::string_view field,
                          const HostedModel& model, const Limits& limits, PreparedInputs& prepared) {
  for (size_t i = 0; i < texts.size(); ++i) {
    EmbedInput input = model.tokenizer->frame(model.embedder->files().prompt + texts[i], limits.cut);
    if (auto fits = check_length(input.ids.size(), limits, field, i); !fits) return fits;
    add(prepared, std::move(input));
  }
  return {};
}

// One request on its way: lives as long as its caller or the embedder holds it. It does not keep the model in
// memory: what the embedder's thread lets go of last must not be the embedder itself.
class EmbeddingExchange final : public RunningExchange,
                                public std::enable_shared_from_this<EmbeddingExchange> {
 public:
  using Prepare = std::function<ApiResult<PreparedInputs>()>;
  using Done = std::function<void(ApiResult<EmbedVectors>, int64_t tokens)>;

  EmbeddingExchange(const std::shared_ptr<HostedModel>& model, Done done)
      : model_(model), done_(std::move(done)) {}

  // On a preparation thread.
  void start(HostedModel& model, const Prepare& prepare) {
    {
      const std::lock_guard lock(mutex_);
      if (ended_) return;
    }
    auto prepared = prepare();
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    if (!prepared) return end(tl::unexpected(std::move(prepared).error()));
    tokens_ = prepared->tokens;
    auto submitted = model.embedder->submit(
        std::move(prepared->inputs),
        [self = shared_from_this()](Result<EmbedVectors> vectors) { self->finish(std::move(vectors)); });
    if (!submitted) return end(tl::unexpected(ApiError{std::move(submitted).error(), {}, {}}));
    submitted_ = *submitted;
  }

  void cancel() override {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    ended_ = true;
    const std::shared_ptr<HostedModel> model = model_.lock();
    if (submitted_ && model) model->embedder->cancel(*submitted_);
  }

 private:
  void finish(Result<EmbedVectors> vectors) {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    if (!vectors) return end(tl::unexpected(ApiError{std::move(vectors).error(), {}, {}}));
    end(*std::move(vectors));
  }
  // REQUIRES: mutex_ is held.
  void end(ApiResult<EmbedVectors> vectors) {
    ended_ = true;
    done_(std::move(vectors), tokens_);
  }

  const std::weak_ptr<HostedModel> model_;
  const Done done_;

  // Guards what follows, and the call of done_. Recursive: who is called may cancel.
  std::recursive_mutex mutex_;
  int64_t tokens_ = 0;
  std::optional<EmbedRequestId> submitted_;
  bool ended_ = false;
};

std::shared_ptr<RunningExchange> start(const std::shared_ptr<HostedModel>& model, TaskQueue& preparation,
                                       EmbeddingExchange::Prepare prepare, EmbeddingExchange::Done done) {
  auto exchange = std::make_shared<EmbeddingExchange>(model, std::move(done));
  preparation.post([exchange, model, prepare = std::move(prepare)] { exchange->start(*model, prepare); });
  return exchange;
}

}  // namespace

ApiResult<PreparedInputs> prepare_embedding(const EmbeddingRequest& request, const HostedModel& model) {
  auto checked = check_embeds(model);
  if (checked && model.embedder->is_classifier()) {
    checked =
        refuse(ErrorCode::unsupported,
               fmt::format("model {} scores pairs of texts; send it to /v1/rerank or /v1/score", model.name),
               "model", {});
  }
  if (checked) checked = check_dimensions(request, model);
  if (!checked) return tl::unexpected(std::move(checked).error());
  const ApiResult<Limits> limits = limits_for(request.truncate, model);
  if (!limits) return tl::unexpected(limits.error());
  PreparedInputs prepared;
  for (size_t i = 0; i < request.inputs.size(); ++i) {
    EmbedInput input = input_of(request.inputs[i], request, model, limits->cut);
    checked = check_length(input.ids.size(), *limits, "input", i);
    if (checked) checked = check_vocabulary(input, model, "input", i);
    if (!checked) return tl::unexpected(std::move(checked).error());
    add(prepared, std::move(input));
  }
  return prepared;
}

ApiResult<PreparedInputs> prepare_score(const ScoreRequest& request, const HostedModel& model) {
  auto checked = check_embeds(model);
  if (checked && model.embedder->is_classifier() && model.embedder->spec().classifier->labels != 1) {
    checked = refuse(ErrorCode::unsupported,
                     fmt::format("model {} has a classifier of {} labels; scores need one of a single label",
                                 model.name, model.embedder->spec().classifier->labels),
                     "model", {});
  }
  if (!checked) return tl::unexpected(std::move(checked).error());
  const ApiResult<Limits> limits = limits_for(request.truncate, model);
  if (!limits) return tl::unexpected(limits.error());
  PreparedInputs prepared;
  if (model.embedder->is_classifier()) {
    checked = add_pairs(request, model, *limits, prepared);
  } else {
    checked = add_texts(request.first, request.first_field, model, *limits, prepared);
    if (checked) checked = add_texts(request.second, request.second_field, model, *limits, prepared);
  }
  if (!checked) return tl::unexpected(std::move(checked).error());
  return prepared;
}

EmbeddingResult embedding_result(const EmbeddingRequest& request, const HostedModel& model,
                                 EmbedVectors vectors) {
  if (request.dimensions) {
    for (std::vector<float>& vector : vectors) {
      vector.resize(static_cast<size_t>(*request.dimensions));
      if (model.embedder->files().normalize) normalize(vector);
    }
  }
  return {.vectors = std::move(vectors)};
}

ScoreResult score_result(const ScoreRequest& request, const HostedModel& model, const EmbedVectors& vectors) {
  ScoreResult result;
  if (model.embedder->is_classifier()) {
    for (const std::vector<float>& labels : vectors) result.scores.push_back(labels.front());
    return result;
  }
  const size_t firsts = request.first.size();
  for (size_t i = 0; i < request.second.size(); ++i) {
    result.scores.push_back(cosine(vectors[firsts == 1 ? 0 : i], vectors[firsts + i]));
  }
  return result;
}

std::shared_ptr<RunningExchange> start_embedding(std::shared_ptr<HostedModel> model, TaskQueue& preparation,
                                                 EmbeddingRequest request,
                                                 std::function<void(ApiResult<EmbeddingResult>)> done) {
  const auto shared = std::make_shared<const EmbeddingRequest>(std::move(request));
  return start(
      model, preparation, [shared, model] { return prepare_embedding(*shared, *model); },
      [shared, model = model.get(), done = std::move(done)](ApiResult<EmbedVectors> vectors, int64_t tokens) {
        if (!vectors) return done(tl::unexpected(std::move(vectors).error()));
        EmbeddingResult result = embedding_result(*shared, *model, *std::move(vectors));
        result.prompt_tokens = tokens;
        done(std::move(result));
      });
}

std::shared_ptr<RunningExchange> start_score(std::shared_ptr<HostedModel> model, TaskQueue& preparation,
                                             ScoreRequest request,
                                             std::function<void(ApiResult<ScoreResult>)> done) {
  const auto shared = std::make_shared<const ScoreRequest>(std::move(request));
  return start(
      model, preparation, [shared, model] { return prepare_score(*shared, *model); },
      [shared, model = model.get(), done = std::move(done)](ApiResult<EmbedVectors> vectors, int64_t tokens) {
        if (!vectors) return done(tl::unexpected(std::move(vectors).error()));
        ScoreResult result = score_result(*shared, *model, *vectors);
        result.prompt_tokens = tokens;
        done(std::move(result));
      });
}

}  // namespace ferry
