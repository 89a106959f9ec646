#pragma once
// Counters and histograms that any thread may change and read, and their text for Prometheus (its text format
// 0.0.4).
//
//   MetricsText text;
//   text.family("requests_total", "counter", "requests answered");
//   text.sample("requests_total", {{"model_name", "pilot"}}, 3);
//   std::string page = text.take();

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ferry {

class Counter {
 public:
  void add(uint64_t count = 1) { count_.fetch_add(count, std::memory_order_relaxed); }
  uint64_t value() const { return count_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> count_ = 0;
};

class Histogram {
 public:
  // Upper bounds, ascending; one above all is implied.
  explicit Histogram(std::vector<double> bounds);

  // Not NaN.
  void observe(double value);

  std::span<const double> bounds() const { return bounds_; }
  // Of values up to bounds()[i] and above the bound before; the last one: above all.
  std::vector<uint64_t> counts() const;
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  const std::vector<double> bounds_;
  std::vector<std::atomic<uint64_t>> counts_;
  std::atomic<double> sum_ = 0;
};

using MetricLabels = std::vector<std::pair<std::string_view, std::string>>;

// All samples of a family follow its line, those of every label.
class MetricsText {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help);
  void sample(std::string_view name, const MetricLabels& labels, double value);
  // The samples NAME_bucket, NAME_sum and NAME_count.
  void histogram(std::string_view name, const MetricLabels& labels, const Histogram& histogram);

  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace ferry
