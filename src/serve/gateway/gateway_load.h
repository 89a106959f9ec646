#pragma once
// How much the gateway takes on at once.

#include <atomic>
#include <memory>
#include <optional>
#include <utility>

#include "base/settings/units.h"

namespace ferry {

struct GatewaySettings {
  int max_exchanges = 20'000;
  ByteSize request_memory{uint64_t{1} << 30};
  ByteSize answer_cache{uint64_t{64} << 20};
  int gateway_threads = 0;

  template <class V>
  void visit(V& v) {
    v("max_exchanges", max_exchanges, "exchanges under way at once; more are refused with 429")
        .range(1, 1'000'000);
    v("request_memory", request_memory,
      "requests under way take at most so much together, counted in the bytes of their bodies; more are "
      "refused with 429");
    v("answer_cache", answer_cache, "memory for the answers that routes with `cache` keep");
    v("gateway_threads", gateway_threads,
      "threads that read long requests, redact and record texts; 0: half of the cores")
        .range(0, 1024);
  }
};

// What one exchange takes of it, given back when it is destroyed. Movable.
class LoadShare {
 public:
  LoadShare(LoadShare&& other) noexcept : counts_(std::move(other.counts_)), bytes_(other.bytes_) {}
  LoadShare& operator=(LoadShare&& other) noexcept {
    std::swap(counts_, other.counts_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~LoadShare() {
    if (!counts_) return;
    counts_->tasks.fetch_sub(1, std::memory_order_relaxed);
    counts_->bytes.fetch_sub(bytes_, std::memory_order_relaxed);
  }

 private:
  friend class GatewayLoad;
  struct Counts {
    std::atomic<int64_t> tasks = 0;
    std::atomic<int64_t> bytes = 0;
  };

  LoadShare(std::shared_ptr<Counts> counts, int64_t bytes) : counts_(std::move(counts)), bytes_(bytes) {}

  std::shared_ptr<Counts> counts_;  // null: moved from
  int64_t bytes_ = 0;
};

// Any thread.
class GatewayLoad {
 public:
  GatewayLoad(int64_t most_tasks, ByteSize most_bytes)
      : most_tasks_(most_tasks), most_bytes_(static_cast<int64_t>(most_bytes.bytes)) {}

  // Nothing: there is no room. A single one that is larger than all the room is taken on where it is alone.
  std::optional<LoadShare> take(size_t bytes) {
    const auto more = static_cast<int64_t>(bytes);
    const int64_t tasks = counts_->tasks.fetch_add(1, std::memory_order_relaxed);
    const int64_t before = counts_->bytes.fetch_add(more, std::memory_order_relaxed);
    LoadShare share(counts_, more);
    if (tasks >= most_tasks_ || (before > 0 && before + more > most_bytes_)) return std::nullopt;
    return share;
  }

  int64_t bytes() const { return counts_->bytes.load(std::memory_order_relaxed); }

 private:
  const int64_t most_tasks_;
  const int64_t most_bytes_;
  const std::shared_ptr<LoadShare::Counts> counts_ = std::make_shared<LoadShare::Counts>();
};

}  // namespace ferry
