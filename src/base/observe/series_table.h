#pragma once
// The series of a metric by their labels. Series are found without a lock and, once they are there, without
// an allocation; they are never taken away, and there is a bound on them: whatever would be beyond it counts
// under "other".
//
//   SeriesTable<Counter, 2> requests(1000);
//   requests.at({route, status}).add();
//   requests.for_each([&](const auto& labels, const Counter& count) { ... });

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ferry {

inline constexpr std::string_view kOtherSeries = "other";

// Value: made without arguments, changed and read by any thread.
template <class Value, size_t kLabels>
class SeriesTable {
 public:
  using Labels = std::array<std::string_view, kLabels>;

  // At most `most` series, and one for all others.
  explicit SeriesTable(size_t most) : most_(most), slots_(std::bit_ceil(2 * most + 1)) {}
  SeriesTable(const SeriesTable&) = delete;
  SeriesTable& operator=(const SeriesTable&) = delete;

  // Any thread. As long-lived as the table.
  Value& at(const Labels& labels) {
    const size_t hash = hash_of(labels);
    Series* const series = find(labels, hash);
    return series != nullptr ? series->value : add(labels, hash);
  }

  // Any thread: visit(labels, value), in no order.
  template <class Visit>
  void for_each(const Visit& visit) const {
    for (const auto& slot : slots_) {
      const Series* const series = slot.load(std::memory_order_acquire);
      if (series != nullptr) visit(series->views(), std::as_const(series->value));
    }
    if (const Series* const other = other_.load(std::memory_order_acquire)) {
      visit(other->views(), std::as_const(other->value));
    }
  }

 private:
  struct Series {
    std::array<std::string, kLabels> labels;
    size_t hash = 0;
    Value value = {};

    bool is(const Labels& wanted, size_t wanted_hash) const {
      if (hash != wanted_hash) return false;
      for (size_t i = 0; i < kLabels; ++i) {
        if (labels[i] != wanted[i]) return false;
      }
      return true;
    }
    Labels views() const {
      Labels views;
      for (size_t i = 0; i < kLabels; ++i) views[i] = labels[i];
      return views;
    }
  };

  static size_t hash_of(const Labels& labels) {
    size_t hash = 0;
    for (const std::string_view label : labels) {
      hash = hash * 0x9E3779B97F4A7C15u + std::hash<std::string_view>()(label);
    }
    return hash;
  }
  std::atomic<Series*>& slot(size_t i) { return slots_[i & (slots_.size() - 1)]; }

  // Null: there is none. There is always an empty slot to end at.
  Series* find(const Labels& labels, size_t hash) {
    for (size_t i = hash;; ++i) {
      Series* const series = slot(i).load(std::memory_order_acquire);
      if (series == nullptr || series->is(labels, hash)) return series;
    }
  }
  Value& add(const Labels& labels, size_t hash) {
    if (Series* const other = other_.load(std::memory_order_acquire)) {
      // Nothing is added any more; but the last that was may be this one.
      Series* const series = find(labels, hash);
      return series != nullptr ? series->value : other->value;
    }
    const std::lock_guard lock(mutex_);
    if (Series* const series = find(labels, hash)) return series->value;  // another thread was faster
    if (owned_.size() >= most_) return make_other().value;
    size_t i = hash;
    while (slot(i).load(std::memory_order_relaxed) != nullptr) ++i;
    Series& made = make(labels, hash);
    slot(i).store(&made, std::memory_order_release);
    return made.value;
  }
  Series& make_other() {
    if (Series* const there = other_.load(std::memory_order_relaxed)) return *there;
    Labels labels;
    labels.fill(kOtherSeries);
    Series& made = make(labels, 0);
    other_.store(&made, std::memory_order_release);
    return made;
  }
  Series& make(const Labels& labels, size_t hash) {
    auto series = std::make_unique<Series>();
    for (size_t i = 0; i < kLabels; ++i) series->labels[i] = labels[i];
    series->hash = hash;
    owned_.push_back(std::move(series));
    return *owned_.back();
  }

  const size_t most_;
  std::vector<std::atomic<Series*>> slots_;     // a power of two, more than twice as many as series
  std::atomic<Series*> other_ = nullptr;        // where there are too many
  std::mutex mutex_;                            // for who adds
  std::vector<std::unique_ptr<Series>> owned_;  // guarded by mutex_
};

}  // namespace ferry
