#pragma once
// The inside of the engine: its thread, its queues, and the step.

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "infer/engine/answer.h"
#include "infer/engine/engine.h"
#include "infer/engine/speculation.h"
#include "infer/kv/kv_cache.h"
#include "infer/model/model.h"
#include "infer/pages/pages.h"
#include "infer/sched/scheduler.h"

namespace ferry {

class Engine::Loop {
 public:
  // Everything that a loop runs on, made before its thread starts.
  struct Parts {
    std::unique_ptr<ThreadPool> threads;
    std::unique_ptr<Model> model;
    std::shared_ptr<const Tokenizer> tokenizer;
    KvCache kv;
    std::unique_ptr<Drafter> drafter;  // null: no speculation
    Buffer logits;                     // f32 [logit_rows, vocab]
    int32_t logit_rows = 0;
    int32_t max_model_len = 0;
    int64_t weight_bytes = 0;
    std::string kernels;
    EngineSettings settings;
  };

  explicit Loop(Parts parts);
  ~Loop();

  Result<EngineRequestId> submit(EngineRequest request, std::function<void(EngineEvent)> on_event);
  void cancel(EngineRequestId id);
  void probe(std::function<void()> done);
  EngineStatus status() const;
  const EngineMetrics& metrics() const { return metrics_; }
  const Parts& parts() const { return parts_; }
  std::span<const TokenId> end_tokens() const { return end_tokens_; }

 private:
  struct Arrival {
    EngineRequestId id;
    EngineRequest request;
    std::function<void(EngineEvent)> on_event;
    AnswerClock clock;
  };
  struct Inbox {
    std::vector<Arrival> arrivals;
    std::vector<EngineRequestId> cancellations;  // of what arrived before
    std::vector<std::function<void()>> probes;   // to be called after the next step
    bool empty() const { return arrivals.empty() && cancellations.empty() && probes.empty(); }
  };

  // The next tokens of one answer: one, and as many more as guesses were right.
  struct Draw {
    SequenceId id = 0;
    Answer* answer = nullptr;
    PlannedSequence* planned = nullptr;
    size_t row = 0;  // of the logits: that of the last known token; those of the drafts follow
    std::vector<TokenId> tokens = {};
  };

  Result<void> check(EngineRequest& request) const;
  int most_outstanding() const;

  // The engine thread.
  void run();
  bool take_inbox();
  void begin(Arrival arrival);
  void end_early(EngineRequestId id);
  std::function<std::vector<TokenId>(SequenceId, int32_t)> forced_text();
  void step();
  void compute_for_nobody();
  void answer_probes();
  void forward(const StepPlan& plan);
  void score_prompts(const StepPlan& plan);
  std::vector<Draw> sample(StepPlan& plan);
  void draw(Draw& draw);
  void deliver(const std::vector<Draw>& draws);
  void forget(SequenceId id);
  void begin_answers(const StepPlan& plan, AnswerClock::Time now);
  void observe_end(SequenceId id, const Answer& answer);
  void publish_status();

  Parts parts_;
  std::vector<TokenId> end_tokens_;
  PagePool pages_;
  Scheduler scheduler_;
  Speculation speculation_;
  std::map<SequenceId, Answer> answers_;  // a request's i-th answer has the id of the request + i
  EngineMetrics metrics_;
  EngineStatus counted_;  // the engine thread's own copy of status_
  std::vector<std::function<void()>> probes_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  Inbox inbox_;                       // guarded by mutex_
  bool stop_ = false;                 // guarded by mutex_
  EngineStatus status_;               // guarded by mutex_
  EngineRequestId next_id_ = 1;       // guarded by mutex_
  std::atomic<int> outstanding_ = 0;  // answers submitted and not ended
  std::thread thread_;
};

}  // namespace ferry
