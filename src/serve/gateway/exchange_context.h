#pragma once
// What all sendings of an exchange share.

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "serve/gateway/gateway.h"
#include "serve/route/route_plan.h"

namespace ferry {

// Filled on the exchange's way in, and constant once it is sent, but for the number of attempts. Lives as
// long as anyone needs it: a shadow may outlive the client's answer. Used on the exchange's network thread,
// and read by whoever records texts.
struct ExchangeContext {
  ExchangeContext(Gateway& its_gateway, GatewayCall its_call);

  Gateway& gateway;
  const std::shared_ptr<const GatewaySnapshot> snapshot;
  GatewayCall call;  // its body is in request.wire once it was read
  const size_t thread;
  const int64_t began_us;  // since 1970
  const ExchangeId id;

  GenerationRequest request = {};
  std::vector<FeatureUse> features = {};
  Digest digest = {};  // of the body
  const RouteConfig* route = nullptr;
  RouteFacts facts = {};
  uint32_t attempts = 0;  // so far; the last one's number

  size_t body_bytes() const { return request.wire ? request.wire->bytes.size() : call.body.size(); }
  bool on_its_thread() const { return gateway.threads().current() == thread; }
  ObservedExchange observed() const;

  // The intent as it is for every attempt; what is the attempt's own is to be filled in.
  Intent intent() const;
};

// A configuration that came into force since the exchange began may forbid what was allowed: where it does
// not, the verdict is allow or redact.
Verdict judge_again(const ExchangeContext& exchange, const GatewayConfig& config, const TargetConfig& target);

}  // namespace ferry
