#pragma once
// The gateway as `ferry serve` runs it: its configuration read and watched, accounts and record opened,
// balances as the record has them.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/configuration.h"
#include "base/net/span_sender.h"
#include "serve/gateway/gateway.h"
#include "serve/gateway/gateway_metrics.h"
#include "serve/gateway/trace_observer.h"
#include "serve/route/config_store.h"

namespace ferry::cli {

class GatewayRuntime {
 public:
  // Null where the configuration's file has no routes (or there is no file). `threads` outlives it, and so
  // does what `local` needs. `models`: of our engine.
  static Result<std::unique_ptr<GatewayRuntime>> open(const Configuration& configuration, NetThreads& threads,
                                                      std::shared_ptr<Provider> local,
                                                      std::vector<std::string> models);

  // The models of our engine that the file's routes name; nothing where it has no routes, or cannot be read.
  static std::optional<std::vector<std::string>> models_named(const Configuration& configuration);

  Gateway& gateway() { return gateway_; }
  Recorder& recorder() { return *recorder_; }
  // What is counted, for GET /metrics.
  void write_metrics(MetricsText& text);
  // Reads the file now. Errors leave the old configuration.
  Result<bool> reload() { return store_->reload(); }
  // The names that requests may ask for.
  std::vector<std::string> routes() const;

 private:
  Result<void> observe(const OtlpSettings& settings);
  GatewayRuntime(NetThreads& threads, std::shared_ptr<Provider> local, std::unique_ptr<ConfigStore> store,
                 std::unique_ptr<Accounts> accounts, std::unique_ptr<Recorder> recorder,
                 const GatewaySettings& settings);

  HttpPool pool_;
  const std::unique_ptr<Accounts> accounts_;
  const std::unique_ptr<Recorder> recorder_;
  GatewayMetrics metrics_;
  std::unique_ptr<SpanSender> spans_;      // null: no traces are wanted
  std::unique_ptr<TraceObserver> traces_;  // the same
  Gateway gateway_;
  const std::unique_ptr<ConfigStore> store_;  // the last: its thread uses the gateway
};

}  // namespace ferry::cli
