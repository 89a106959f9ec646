#pragma once
// Takes spans to an OpenTelemetry collector (OTLP over HTTP, JSON), in batches, from a thread of its own.
//
//   FERRY_TRY(auto sender, SpanSender::open(pool, target));
//   sender->add(std::move(span));
//
// Whoever adds never waits: there is a bound on what is kept, and what is beyond it is dropped and counted. A
// collector that is not there, or that answers 429, 502, 503 or 504, is asked again, later each time, or when
// it says; what it refuses otherwise is dropped, as the protocol wants it. One line in the log says that
// spans are lost, and one that they arrive again.

#include <cstdint>
#include <memory>

#include "base/net/http_pool.h"
#include "base/net/otlp_settings.h"
#include "base/observe/metrics.h"
#include "base/observe/span.h"

namespace ferry {

struct SpanSenderSettings {
  size_t most_kept = 4096;  // spans that wait
  size_t batch = 512;       // spans of one request
  Duration interval{1000};  // how long a span may wait for others
  int tries = 6;            // of one batch
  Duration first_pause{1000};
  Duration most_pause{30'000};  // also the most that a collector may ask for
  Duration timeout{10'000};     // of one request
  Duration last_words{2000};    // how long the destructor goes on sending
};

class SpanSender {
 public:
  // `pool` and its threads outlive it. Not on a network thread. Errors: as HttpPool::origin.
  static Result<std::unique_ptr<SpanSender>> open(HttpPool& pool, OtlpTarget target,
                                                  const SpanSenderSettings& settings = {});
  // Sends what is there, as long as `last_words` goes. Not on a network thread.
  ~SpanSender();
  SpanSender(const SpanSender&) = delete;
  SpanSender& operator=(const SpanSender&) = delete;

  // Any thread; never waits.
  void add(Span span);

  struct Stats {
    uint64_t sent = 0;      // spans that the collector took
    uint64_t dropped = 0;   // no room, nobody there for long, or refused as a whole
    uint64_t rejected = 0;  // one by one, by the collector
  };
  Stats stats() const;
  // The same for Prometheus.
  void write(MetricsText& text) const;

 private:
  class Impl;
  explicit SpanSender(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ferry
