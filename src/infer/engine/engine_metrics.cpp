#include "infer/engine/engine_metrics.h"

#include <algorithm>

namespace ferry {
namespace {

using Time = AnswerClock::Time;

double seconds(Time from, Time to) {
  return std::chrono::duration<double>(to - from).count();
}

std::vector<double> request_seconds() {
  return {0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680};
}

std::vector<double> token_seconds() {
  return {0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80};
}

std::vector<double> first_token_seconds() {
  return {0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75,
          1,     2.5,   5,    7.5,  10,   20,   40,   80,  160,  640, 2560};
}

// 1, 2, 5, 10, 20, 50 ... up to the most that there can be.
std::vector<double> token_counts(int32_t most) {
  std::vector<double> bounds;
  for (double power = 1;; power *= 10) {
    for (const double digit : {1.0, 2.0, 5.0}) {
      if (digit * power > most) return bounds;
      bounds.push_back(digit * power);
    }
  }
}

}  // namespace

EngineMetrics::EngineMetrics(int32_t max_model_len)
    : step_tokens({1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384}),
      n({1, 2, 5, 10, 20}),
      max_tokens(token_counts(max_model_len)),
      between_tokens_s(token_seconds()),
      to_first_token_s(first_token_seconds()),
      per_token_s(token_seconds()),
      total_s(request_seconds()),
      queue_s(request_seconds()),
      inference_s(request_seconds()),
      prefill_s(request_seconds()),
      decode_s(request_seconds()),
      prompt_tokens(token_counts(max_model_len)),
      computed_prompt_tokens(token_counts(max_model_len)),
      generation_tokens(token_counts(max_model_len)),
      preemptions({0, 1, 2, 5, 10, 20, 50}) {}

void RecentMean::observe(double value) {
  constexpr int64_t kMemory = 32;
  count_ = std::min(count_ + 1, kMemory);
  const double mean = mean_.load(std::memory_order_relaxed);
  mean_.store(mean + (value - mean) / static_cast<double>(count_), std::memory_order_relaxed);
}

void AnswerClock::start(Time now) {
  if (!started_) started_ = now;
}

void AnswerClock::token(Time now, EngineMetrics& metrics) {
  if (!first_) {
    first_ = now;
    metrics.to_first_token_s.observe(seconds(submitted_, now));
  } else {
    metrics.between_tokens_s.observe(seconds(last_, now));
  }
  last_ = now;
  ++tokens_;
}

void AnswerClock::end(EngineFinish finish, EngineMetrics& metrics) const {
  metrics.finished[static_cast<size_t>(finish)].add();
  if (!started_ || !first_) return;
  metrics.recent_inference_s.observe(seconds(*started_, last_));
  if (finish == EngineFinish::cancelled) return;
  metrics.total_s.observe(seconds(submitted_, last_));
  metrics.queue_s.observe(seconds(submitted_, *started_));
  metrics.inference_s.observe(seconds(*started_, last_));
  metrics.prefill_s.observe(seconds(*started_, *first_));
  metrics.decode_s.observe(seconds(*first_, last_));
  if (tokens_ > 1) metrics.per_token_s.observe(seconds(*first_, last_) / static_cast<double>(tokens_ - 1));
}

}  // namespace ferry
