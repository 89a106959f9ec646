#pragma once
// Exchanges as traces: one span of kind SERVER for each, and below it one of kind CLIENT for each sending to
// a target, with the attributes of OpenTelemetry's conventions for generative AI (docs/observability.md lists
// them). No prompt, no answer, no secret stands in a span.
//
// An exchange continues the trace of its client's `traceparent`, and is recorded where that says so; one
// without begins a trace, whose id is the exchange's own, and is recorded as the ratio has it. Nothing is
// kept from one call to the next: ids of spans follow from the exchange's.

#include <functional>

#include "base/observe/span.h"
#include "serve/gateway/observer.h"

namespace ferry {

class TraceObserver final : public GatewayObserver {
 public:
  // Called on network threads, from several at once; must not block.
  using Sink = std::function<void(Span span)>;

  // `ratio`: the part of new traces that is recorded, 0 to 1.
  TraceObserver(Sink sink, double ratio) : sink_(std::move(sink)), ratio_(ratio) {}

  void began(const ObservedExchange&) override {}
  void attempt_ended(const ObservedExchange& exchange, const ObservedAttempt& attempt) override;
  void ended(const ObservedExchange& exchange, const ObservedEnd& end) override;
  // Also where nothing is recorded: the target is then told so.
  std::string traceparent(const ObservedExchange& exchange, uint32_t attempt) override;

 private:
  struct Place;  // in a trace

  Place place_of(const ObservedExchange& exchange) const;

  const Sink sink_;
  const double ratio_;
};

}  // namespace ferry
