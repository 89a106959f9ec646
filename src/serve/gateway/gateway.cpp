#include "serve/gateway/gateway.h"

#include <chrono>

#include "base/observe/log.h"
#include "serve/gateway/exchange.h"

namespace ferry {

TargetHealth::Time health_now() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

Gateway::Gateway(NetThreads& threads, HttpPool& pool, Accounts& accounts, Recorder* recorder,
                 std::shared_ptr<Provider> local)
    : threads_(threads),
      pool_(pool),
      accounts_(accounts),
      recorder_(recorder),
      local_(std::move(local)),
      snapshot_(std::make_shared<GatewaySnapshot>(
          GatewaySnapshot{std::make_shared<GatewayConfig>(), Upstreams()})) {}

Result<void> Gateway::use(GatewayConfigPtr config, std::string_view source) {
  FERRY_TRY(Upstreams upstreams, open_upstreams(*config, pool_, local_));
  if (recorder_ != nullptr) {
    std::map<std::string, Duration> retention;
    for (const auto& [name, route] : config->routes) {
      if (route.retention) retention.emplace(name, *route.retention);
    }
    recorder_->set_content_retention(std::move(retention));
    FERRY_TRY_VOID(recorder_->config_change(
        {.time_us = unix_now_us(), .digest = sha256(config->canonical), .source = std::string(source)}));
  }
  auto snapshot =
      std::make_shared<const GatewaySnapshot>(GatewaySnapshot{std::move(config), std::move(upstreams)});
  const std::lock_guard lock(mutex_);
  snapshot_ = std::move(snapshot);
  return {};
}

std::shared_ptr<const GatewaySnapshot> Gateway::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

std::shared_ptr<TargetHealth> Gateway::health_of(const std::string& target) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<TargetHealth>& health = health_[target];
  if (!health) health = std::make_shared<TargetHealth>(BreakerSettings{}, std::hash<std::string>()(target));
  return health;
}

std::map<std::string, TargetHealth::State> Gateway::health() const {
  const TargetHealth::Time now = health_now();
  const std::lock_guard lock(mutex_);
  std::map<std::string, TargetHealth::State> states;
  for (const auto& [target, health] : health_) states.emplace(target, health->state(now));
  return states;
}

std::shared_ptr<GatewayHandle> Gateway::answer(GatewayCall call, std::unique_ptr<GatewayClient> client) {
  auto exchange = std::make_shared<GatewayExchange>(*this, std::move(call), std::move(client));
  exchange->start();
  return exchange;
}

}  // namespace ferry
