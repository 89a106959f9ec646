#include "base/core/thread_pool.h"

#include <algorithm>

#include "base/core/result.h"

namespace ferry {

ThreadPool::ThreadPool(int threads) {
  FERRY_CHECK(threads >= 1);
  workers_.reserve(static_cast<size_t>(threads - 1));
  for (int i = 1; i < threads; ++i) workers_.emplace_back([this] { work(); });
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  start_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::parallel_for(int64_t count, int64_t grain, FunctionRef<void(int64_t, int64_t)> body) {
  if (count <= 0) return;
  const Job job{&body, count, std::max<int64_t>(grain, 1)};
  if (workers_.empty() || count <= job.grain) {
    body(0, count);
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    job_ = job;
    busy_ = static_cast<int>(workers_.size());
    next_.store(0, std::memory_order_relaxed);
    ++generation_;
  }
  start_.notify_all();
  run_pieces(job);
  std::unique_lock lock(mutex_);
  finished_.wait(lock, [this] { return busy_ == 0; });
}

void ThreadPool::run_pieces(const Job& job) {
  for (;;) {
    const int64_t begin = next_.fetch_add(job.grain, std::memory_order_relaxed);
    if (begin >= job.count) return;
    (*job.body)(begin, std::min(begin + job.grain, job.count));
  }
}

void ThreadPool::work() {
  uint64_t seen = 0;
  for (;;) {
    Job job{};
    {
      std::unique_lock lock(mutex_);
      start_.wait(lock, [&] { return stop_ || generation_ != seen; });
      if (stop_) return;
      seen = generation_;
      job = job_;
    }
    run_pieces(job);
    const std::lock_guard lock(mutex_);
    if (--busy_ == 0) finished_.notify_one();
  }
}

}  // namespace ferry
