#pragma once
// The inside of the embedder: its thread, its queue, and the step. Inside the room only.

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "infer/embed/embedder.h"
#include "infer/embed/pooling.h"
#include "infer/kv/kv_cache.h"
#include "infer/model/model.h"

namespace ferry {

class Embedder::Loop {
 public:
  // Everything that a loop runs on, made before its thread starts.
  struct Parts {
    std::unique_ptr<ThreadPool> threads;
    std::unique_ptr<Model> model;
    std::optional<KvCache> kv;  // of models whose layers have one
    Buffer hidden;              // f32 [max_rows, hidden]
    SentenceFiles files;
    bool sigmoid = false;  // of classifiers: SentenceFiles::sigmoid, decided
    int32_t max_tokens = 0;
    int32_t max_waiting = 0;
    std::string kernels;
  };

  explicit Loop(Parts parts);
  ~Loop();

  Result<EmbedRequestId> submit(std::vector<EmbedInput> inputs,
                                std::function<void(Result<EmbedVectors>)> done);
  void cancel(EmbedRequestId id);
  void probe(std::function<void()> done);
  EngineStatus status() const;
  const EngineMetrics& metrics() const { return metrics_; }
  const Parts& parts() const { return parts_; }

 private:
  using Clock = std::chrono::steady_clock;

  struct Job {
    EmbedRequestId id;
    std::vector<EmbedInput> inputs;
    std::function<void(Result<EmbedVectors>)> done;
    Clock::time_point submitted;
    size_t taken = 0;  // inputs that a step has taken: the first so many
    size_t missing;    // inputs without a vector
    EmbedVectors vectors;
    bool cancelled = false;
  };
  // One input in a step.
  struct Taken {
    std::shared_ptr<Job> job;
    size_t index;
    const EmbedInput& input() const { return job->inputs[index]; }
  };

  Result<void> check(const EmbedInput& input, size_t index) const;

  // The loop's thread.
  void run();
  std::vector<Taken> take();
  int32_t pages_for(size_t tokens) const;
  // One for each, or none where the only one is not wanted any more.
  std::vector<std::vector<float>> compute(std::span<const Taken> taken);
  std::vector<std::vector<float>> compute_packed(std::span<const Taken> taken);
  std::vector<float> compute_in_chunks(const Taken& taken);
  bool go_on(const Job& job);
  void deal_pages(std::span<BatchSequence> sequences);
  std::vector<std::vector<float>> classify(std::span<const float> first_rows, size_t count);
  std::vector<float> finish(Pooler& pooler) const;
  void compute_for_nobody();
  void deliver(std::span<const Taken> taken, std::vector<std::vector<float>> vectors,
               Clock::time_point began);
  void observe(const Taken& taken, Clock::time_point began, Clock::time_point now);
  void fail_all();

  Parts parts_;
  std::vector<PageId> pages_;  // 0, 1, ...
  EngineMetrics metrics_;
  std::vector<std::function<void()>> probes_;  // the loop's thread's

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::map<EmbedRequestId, std::shared_ptr<Job>> jobs_;  // guarded by mutex_: not answered yet
  std::deque<std::shared_ptr<Job>> waiting_;  // guarded by mutex_: with inputs to take, next one first
  std::vector<std::function<void()>> asked_;  // guarded by mutex_: probes
  size_t waiting_inputs_ = 0;                 // guarded by mutex_
  EngineStatus status_;                       // guarded by mutex_
  EmbedRequestId next_id_ = 1;                // guarded by mutex_
  bool stop_ = false;                         // guarded by mutex_
  std::thread thread_;
};

}  // namespace ferry
