#include "base/core/thread_pool.h"

#include <algorithm>
#include <utility>

#include <immintrin.h>

#include "base/core/compute_cores.h"
#include "base/core/cpu_quota.h"
#include "base/core/result.h"

namespace ferry {
namespace {

// Some 50 to 100 microseconds, longer than the caller mostly needs between two loops of a step.
constexpr int kSpins = 2000;

}  // namespace

ThreadPool::ThreadPool(int threads, std::vector<int> cores)
    : spins_(threads <= usable_cores() ? kSpins : 0), cores_(std::move(cores)) {
  FERRY_CHECK(threads >= 1);
  workers_.reserve(static_cast<size_t>(threads - 1));
  FERRY_CHECK(cores_.empty() || cores_.size() == static_cast<size_t>(threads));
  for (size_t i = 1; i < static_cast<size_t>(threads); ++i) {
    workers_.emplace_back([this, i] { work(i); });
  }
}

ThreadPool::~ThreadPool() {
  stop_.store(true);
  round_.fetch_add(2);  // still closed
  round_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::parallel_for(int64_t count, int64_t grain, FunctionRef<void(int64_t, int64_t)> body) {
  if (count <= 0) return;
  const Job job{&body, count, std::max<int64_t>(grain, 1)};
  if (workers_.empty() || count <= job.grain) {
    body(0, count);
    return;
  }
  job_ = job;
  next_.store(0, std::memory_order_relaxed);
  round_.fetch_add(1);  // open
  round_.notify_all();
  run_pieces(job);
  // Closed: a worker counts itself in before it looks whether it is late, so either it sees this or we see
  // it.
  round_.fetch_add(1);
  for (int spin = 0; joined_.load() != 0 && spin < spins_; ++spin) _mm_pause();
  for (uint32_t joined = joined_.load(); joined != 0; joined = joined_.load()) joined_.wait(joined);
}

void ThreadPool::run_pieces(const Job& job) {
  for (;;) {
    const int64_t begin = next_.fetch_add(job.grain, std::memory_order_relaxed);
    if (begin >= job.count) return;
    (*job.body)(begin, std::min(begin + job.grain, job.count));
  }
}

void ThreadPool::keep_caller() const {
  if (!cores_.empty()) keep_thread_on(cores_.front());
}

void ThreadPool::work(size_t index) {
  if (!cores_.empty()) keep_thread_on(cores_[index]);
  uint32_t seen = 0;
  while (!stop_.load()) {
    seen = next_round(seen);
    if (seen % 2 == 0) continue;
    joined_.fetch_add(1);
    if (round_.load() == seen) run_pieces(job_);
    if (joined_.fetch_sub(1) == 1) joined_.notify_one();
  }
}

// The round after `seen`, when it has come.
uint32_t ThreadPool::next_round(uint32_t seen) const {
  for (int spin = 0; spin < spins_; ++spin) {
    if (const uint32_t round = round_.load(); round != seen) return round;
    _mm_pause();
  }
  round_.wait(seen);
  return round_.load();
}

}  // namespace ferry
