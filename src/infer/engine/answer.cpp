#include "infer/engine/answer.h"

#include <algorithm>
#include <utility>

namespace ferry {
namespace {

SamplingParams of_choice(SamplingParams sampling, int32_t choice) {
  sampling.seed += static_cast<uint64_t>(choice);
  return sampling;
}

}  // namespace

Answer::Answer(EngineRequest request, int32_t choice, const Tokenizer& tokenizer,
               std::span<const TokenId> end_tokens, std::function<void(EngineEvent)> on_event)
    : request_(std::move(request)),
      choice_(choice),
      end_tokens_(request_.stop_tokens),
      banned_(request_.stop_tokens),
      sampler_(of_choice(request_.sampling, choice), request_.prompt),
      decoder_(tokenizer),
      stops_(request_.stop),
      on_event_(std::move(on_event)) {
  banned_.insert(banned_.end(), end_tokens.begin(), end_tokens.end());
  if (!request_.ignore_eos) end_tokens_ = banned_;
  request_.prompt = {};  // may be long, and only the sampler asks for it
}

SampledToken Answer::sample(std::span<float> logits) {
  const bool too_early = count_ < request_.min_tokens;
  return sampler_.sample(logits, too_early ? std::span<const TokenId>(banned_) : std::span<const TokenId>());
}

bool Answer::accept(SampledToken sampled) {
  ++count_;
  if (is_end(sampled.token)) {
    auto [text, stopped] = stops_.push(decoder_.finish());
    if (!stopped) text += stops_.finish();
    emit(std::move(text), EngineFinish::stop);
    return true;
  }
  auto [text, stopped] = stops_.push(decoder_.push(sampled.token));
  untold_.push_back(std::move(sampled));
  if (!stopped && count_ == request_.max_tokens) {
    auto [rest, stopped_at_last] = stops_.push(decoder_.finish());
    text += rest;
    if (!stopped_at_last) text += stops_.finish();
    emit(std::move(text), stopped_at_last ? EngineFinish::stop : EngineFinish::length);
    return true;
  }
  if (stopped) {
    emit(std::move(text), EngineFinish::stop);
  } else if (!text.empty() || request_.sampling.logprobs >= 0) {
    emit(std::move(text), std::nullopt);
  }
  return stopped;
}

void Answer::cancel() {
  emit({}, EngineFinish::cancelled);
}

bool Answer::is_end(TokenId token) const {
  return std::find(end_tokens_.begin(), end_tokens_.end(), token) != end_tokens_.end();
}

void Answer::emit(std::string text, std::optional<EngineFinish> finish) {
  on_event_({std::exchange(untold_, {}), std::move(text), finish, count_, choice_, cached_tokens_});
}

}  // namespace ferry
