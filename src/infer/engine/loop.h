#pragma once
// The inside of the engine: its thread, its queues, and the step.

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "infer/engine/answer.h"
#include "infer/engine/engine.h"
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
    Buffer logits;  // f32 [max_running, vocab]
    int32_t max_model_len = 0;
    std::string kernels;
    EngineSettings settings;
  };

  explicit Loop(Parts parts);
  ~Loop();

  Result<EngineRequestId> submit(EngineRequest request, std::function<void(EngineEvent)> on_event);
  void cancel(EngineRequestId id);
  EngineStatus status() const;
  const Parts& parts() const { return parts_; }

 private:
  struct Arrival {
    EngineRequestId id;
    EngineRequest request;
    std::function<void(EngineEvent)> on_event;
  };
  struct Inbox {
    std::vector<Arrival> arrivals;
    std::vector<EngineRequestId> cancellations;  // of what arrived before
    bool empty() const { return arrivals.empty() && cancellations.empty(); }
  };

  Result<void> check(EngineRequest& request) const;

  // The engine thread.
  void run();
  bool take_inbox();
  void begin(Arrival arrival);
  void end_early(EngineRequestId id);
  void step();
  void forward(const StepPlan& plan);
  std::vector<SampledToken> sample(const StepPlan& plan);
  void deliver(const StepPlan& plan, std::vector<SampledToken> sampled);
  void forget(EngineRequestId id);
  void count(const StepPlan& plan, size_t sampled);
  void publish_status();

  Parts parts_;
  std::vector<TokenId> end_tokens_;
  PagePool pages_;
  Scheduler scheduler_;
  std::map<EngineRequestId, Answer> answers_;
  EngineStatus counted_;  // the engine thread's own copy of status_

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  Inbox inbox_;                       // guarded by mutex_
  bool stop_ = false;                 // guarded by mutex_
  EngineStatus status_;               // guarded by mutex_
  EngineRequestId next_id_ = 1;       // guarded by mutex_
  std::atomic<int> outstanding_ = 0;  // submitted and not ended
  std::thread thread_;
};

}  // namespace ferry
