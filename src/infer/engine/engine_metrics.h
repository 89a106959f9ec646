#pragma once
// What an engine has measured so far, for dashboards. The engine's thread writes, any thread reads.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/observe/metrics.h"
#include "infer/engine/engine.h"

namespace ferry {

// A mean in which the latest values, some dozens, weigh most. One thread writes, any thread reads.
class RecentMean {
 public:
  void observe(double value);
  double value() const { return mean_.load(std::memory_order_relaxed); }  // 0: nothing yet

 private:
  std::atomic<double> mean_ = 0;
  int64_t count_ = 0;
};

// Buckets are vLLM's, so that its dashboards show the same.
struct EngineMetrics {
  explicit EngineMetrics(int32_t max_model_len);

  Histogram step_tokens;  // of each step: of prompts, computed; of answers, made

  // Of each answer as it starts.
  Histogram n;           // of its request
  Histogram max_tokens;  // the longest it may get

  // Of each token but the answers' first.
  Histogram between_tokens_s;

  // Of each answer, in seconds. A cancelled one is not among those that follow.
  Histogram to_first_token_s;  // from submission
  Histogram per_token_s;       // mean of the answer's tokens but the first
  Histogram total_s;           // from submission
  Histogram queue_s;           // from submission to its first step
  Histogram inference_s;       // from there
  Histogram prefill_s;         // from there to the first token
  Histogram decode_s;          // from there to the last
  Histogram prompt_tokens;
  Histogram computed_prompt_tokens;  // of these, not taken from the prefix cache
  Histogram generation_tokens;
  Histogram preemptions;  // how often it gave up its pages

  std::array<Counter, 4> finished;  // by EngineFinish

  RecentMean recent_inference_s;  // of answers that ended lately, cancelled ones too: as inference_s
};

// The times of one answer.
class AnswerClock {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit AnswerClock(Time submitted) : submitted_(submitted) {}

  // The answer is part of a step; only the first counts.
  void start(Time now);
  void token(Time now, EngineMetrics& metrics);
  void end(EngineFinish finish, EngineMetrics& metrics) const;

 private:
  Time submitted_;
  std::optional<Time> started_;
  std::optional<Time> first_;
  Time last_{};
  int64_t tokens_ = 0;
};

}  // namespace ferry
