#pragma once
// What the handlers answer from. Set up once, then read by every network thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/api/cors.h"
#include "app/api/http_metrics.h"
#include "app/api/in_flight.h"
#include "app/api/keys.h"
#include "app/api/metrics_page.h"
#include "base/core/result.h"
#include "serve/providers/provider.h"

namespace ferry {
class Gateway;
}

namespace ferry::api {

class FeedbackDesk;

// A model that requests may name.
struct ServedModel {
  std::vector<std::string> names;  // at least one; listed under each
  std::string target;              // what the provider calls it
  int64_t created = 0;             // seconds since 1970
  int64_t max_model_len = 0;       // tokens
  std::string fingerprint;         // of its answers: ExchangeIdentity::fingerprint
};

struct Service {
  std::vector<ServedModel> models;
  Provider* provider = nullptr;
  // Where routes are configured, chats and completions go through it, and its accounts say who may ask.
  Gateway* gateway = nullptr;
  ApiKeys keys;
  Cors cors;
  // Takes feedback; null: nothing is recorded.
  FeedbackDesk* feedback = nullptr;
  // Without keys on a loopback address, requests must name this machine in Host: a web page elsewhere that
  // points its own name at 127.0.0.1 would otherwise talk to the models (DNS rebinding).
  bool check_host = false;
  // Finds out whether requests can be answered at the moment, and if not, why. `answer` is called once, by
  // any thread.
  std::function<void(std::function<void(Result<void>)> answer)> liveness;
  // What the engines say of themselves at the moment.
  std::function<std::vector<EngineReading>()> engines;
  // What the gateway counts, by route, target and key; empty without one.
  MetricsWriter gateway_metrics;
  std::shared_ptr<InFlight> in_flight = std::make_shared<InFlight>();
  std::shared_ptr<HttpMetrics> http_metrics = std::make_shared<HttpMetrics>();

  const ServedModel* find(std::string_view name) const;
  // The same, but no name means the only model, where there is only one.
  const ServedModel* find_or_only(std::string_view name) const;
  std::vector<std::string> names() const;
};

}  // namespace ferry::api
