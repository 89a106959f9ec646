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

Answer::Answer(EngineRequest request, int32_t choice, AnswerClock clock, const Tokenizer& tokenizer,
               std::span<const TokenId> end_tokens, std::function<void(EngineEvent)> on_event)
    : request_(std::move(request)),
      choice_(choice),
      clock_(clock),
      end_tokens_(request_.stop_tokens),
      banned_(request_.stop_tokens),
      sampler_(of_choice(request_.sampling, choice), request_.prompt),
      decoder_(tokenizer, request_.skip_special, request_.shown_special),
      stops_(request_.stop, request_.include_stop),
      on_event_(std::move(on_event)),
      prompt_tokens_(static_cast<int32_t>(request_.prompt.size())) {
  banned_.insert(banned_.end(), end_tokens.begin(), end_tokens.end());
  if (!request_.ignore_eos) end_tokens_ = banned_;
  if (!request_.lines.unlimited()) lines_.emplace(request_.lines);
  if (Guide::needed(request_)) guide_.emplace(request_, tokenizer, end_tokens);
  if (request_.prompt_logprobs >= 0 && choice == 0) {
    prompt_scores_.resize(request_.prompt.size() - 1);
  } else {
    request_.prompt = {};  // may be long, and nobody asks for it any more
  }
}

TokenId Answer::extend(std::span<float> logits) {
  const std::span<const TokenId> banned = banned_;
  const TokenMask* mask = nullptr;
  if (guide_) {
    const Result<const TokenMask*> next = guide_->next(static_cast<int32_t>(logits.size()));
    if (!next) {
      fail(next.error().message);
      return 0;
    }
    mask = *next;
  }
  SampledToken sampled =
      sampler_.sample(logits, count_ < request_.min_tokens ? banned : banned.first(0), mask);
  const TokenId token = sampled.token;
  if (guide_) {
    if (const Result<void> followed = guide_->accept(token); !followed) {
      fail(followed.error().message);
      return 0;
    }
  }
  accept(std::move(sampled));
  return token;
}

bool Answer::scores(int32_t position) const {
  return position >= 0 && static_cast<size_t>(position) < prompt_scores_.size();
}

void Answer::score(int32_t position, std::span<const float> logits) {
  const auto at = static_cast<size_t>(position);
  LogitRow row;
  row.read(logits);
  prompt_scores_[at] = score_token(row, request_.prompt[at + 1], request_.prompt_logprobs);
}

void Answer::accept(SampledToken sampled) {
  ++count_;
  if (is_end(sampled.token) || (guide_ && guide_->ended())) return end_by_token(std::move(sampled));
  StopStrings::Release release = stops_.push(decoder_.push(sampled.token), count_ > request_.min_tokens);
  untold_.push_back(std::move(sampled));
  if (!release.stopped && (count_ == request_.max_tokens || is_late()))
    return end_by_length(std::move(release));
  const bool has_news = !release.text.empty() || request_.sampling.logprobs >= 0 || !prompt_scores_.empty();
  if (release.stopped) {
    note({.text = std::move(release.text), .finish = EngineFinish::stop, .stop = std::move(release.stop)});
  } else if (has_news) {
    note({.text = std::move(release.text)});
  }
}

// What the decoder and the stop strings hold back was text after all, unless its end makes a stop string.
void Answer::end_by_token(SampledToken sampled) {
  std::string rest = request_.include_stop ? decoder_.push(sampled.token) : std::string();
  rest += decoder_.finish();
  auto [text, stopped, stop] = stops_.push(rest, count_ > request_.min_tokens);
  if (!stopped) text += stops_.finish();
  note({.text = std::move(text),
        .finish = EngineFinish::stop,
        .end_token = std::move(sampled),
        .stop = std::move(stop)});
}

void Answer::end_by_length(StopStrings::Release release) {
  auto [rest, stopped, stop] = stops_.push(decoder_.finish(), count_ > request_.min_tokens);
  release.text += rest;
  if (!stopped) release.text += stops_.finish();
  note({.text = std::move(release.text),
        .finish = stopped ? EngineFinish::stop : EngineFinish::length,
        .stop = std::move(stop)});
}

bool Answer::is_late() {
  if (!lines_) return false;
  const auto now = std::chrono::steady_clock::now();
  if (count_ == 1) first_token_ = now;
  return lines_->late(std::chrono::duration_cast<std::chrono::milliseconds>(now - first_token_).count());
}

void Answer::fail(std::string error) {
  note({.text = stops_.finish(), .finish = EngineFinish::failed, .error = std::move(error)});
}

void Answer::cancel() {
  note({.finish = EngineFinish::cancelled});
  tell();
}

void Answer::tell() {
  for (EngineEvent& event : std::exchange(events_, {})) {
    event.cached_tokens = cached_tokens_;
    if (event.finish) finish_ = event.finish;
    on_event_(std::move(event));
  }
}

bool Answer::is_end(TokenId token) const {
  return std::find(end_tokens_.begin(), end_tokens_.end(), token) != end_tokens_.end();
}

void Answer::note(EngineEvent event) {
  if (lines_ && lines_->cut(event.text)) {
    event.finish = EngineFinish::length;
    event.stop.clear();
  }
  event.tokens = std::exchange(untold_, {});
  event.prompt_tokens = std::exchange(prompt_scores_, {});
  event.completion_tokens = count_;
  event.choice = choice_;
  request_.prompt = {};
  ended_ = event.finish.has_value();
  events_.push_back(std::move(event));
}

}  // namespace ferry
