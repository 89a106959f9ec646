#pragma once
// The compute threads of one engine: the caller and size()-1 others run the same loop together.

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "base/core/function_ref.h"

namespace ferry {

// parallel_for may be called by one thread at a time. A step of the engine makes hundreds of short loops, so
// that threads look for the next one for a little while before they sleep; an idle pool uses no time. Where
// there are more threads than cores they sleep at once, and a loop never waits for a thread that has not
// begun to work on it: others do its share.
class ThreadPool {
 public:
  // threads >= 1, the caller of parallel_for counted in. cores: what each is kept on, the caller's first
  // (compute_cores.h); empty: anywhere.
  explicit ThreadPool(int threads, std::vector<int> cores = {});
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Keeps the calling thread, which is to call parallel_for, on its core.
  void keep_caller() const;

  int size() const { return static_cast<int>(workers_.size()) + 1; }

  // Calls body(begin, end) on pieces of at most `grain` that together cover [0, count) once each, and
  // returns when all are done. Which thread gets which piece is not fixed: a body writes only its own
  // piece's output, so results do not depend on it. `body` must not throw.
  void parallel_for(int64_t count, int64_t grain, FunctionRef<void(int64_t begin, int64_t end)> body);

 private:
  struct Job {
    const FunctionRef<void(int64_t, int64_t)>* body = nullptr;
    int64_t count = 0;
    int64_t grain = 1;
  };

  void work(size_t index);
  void run_pieces(const Job& job);
  uint32_t next_round(uint32_t seen) const;

  // Odd while a job is open to join, even otherwise; a job is 2 further than the one before.
  alignas(64) std::atomic<uint32_t> round_ = 0;
  alignas(64) std::atomic<uint32_t> joined_ = 0;  // workers that may be running pieces of the open job
  alignas(64) std::atomic<int64_t> next_ = 0;     // first piece nobody has taken
  Job job_;                                       // written while none is open and nobody has joined
  std::atomic<bool> stop_ = false;
  int spins_;
  std::vector<int> cores_;
  std::vector<std::thread> workers_;
};

}  // namespace ferry
