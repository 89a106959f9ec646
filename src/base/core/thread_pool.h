#pragma once
// The compute threads of one engine: the caller and size()-1 others run the same loop together.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "base/core/function_ref.h"

namespace ferry {

// parallel_for may be called by one thread at a time. Threads sleep while there is no work.
class ThreadPool {
 public:
  // threads >= 1, the caller of parallel_for counted in.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int size() const { return static_cast<int>(workers_.size()) + 1; }

  // Calls body(begin, end) on pieces of at most `grain` that together cover [0, count) once each, and
  // returns when all are done. Which thread gets which piece is not fixed: a body writes only its own
  // piece's output, so results do not depend on it. `body` must not throw.
  void parallel_for(int64_t count, int64_t grain, FunctionRef<void(int64_t begin, int64_t end)> body);

 private:
  struct Job {
    FunctionRef<void(int64_t, int64_t)>* body;
    int64_t count;
    int64_t grain;
  };

  void work();
  void run_pieces(const Job& job);

  std::mutex mutex_;
  std::condition_variable start_;
  std::condition_variable finished_;
  uint64_t generation_ = 0;        // guarded by mutex_; one more for every job
  bool stop_ = false;              // guarded by mutex_
  Job job_{};                      // guarded by mutex_ while it is handed over
  int busy_ = 0;                   // guarded by mutex_: workers that have not finished the job
  std::atomic<int64_t> next_ = 0;  // first piece nobody has taken
  std::vector<std::thread> workers_;
};

}  // namespace ferry
