#include "serve/gateway/gateway.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "base/core/cpu_quota.h"
#include "base/observe/log.h"
#include "serve/gateway/exchange.h"

namespace ferry {
namespace {

constexpr Duration kRecordedTogether{20};
constexpr ByteSize kMostWaitingTexts{uint64_t{64} << 20};

int preparation_threads(const GatewaySettings& settings) {
  if (settings.gateway_threads > 0) return settings.gateway_threads;
  return std::max(1, usable_cores() / 2);
}

}  // namespace

TargetHealth::Time health_now() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

Gateway::Gateway(NetThreads& threads, HttpPool& pool, Accounts& accounts, Recorder* recorder,
                 std::shared_ptr<Provider> local, const GatewaySettings& settings)
    : threads_(threads),
      pool_(pool),
      accounts_(accounts),
      recorder_(recorder),
      local_(std::move(local)),
      cache_(settings.answer_cache),
      load_(settings.max_exchanges, settings.request_memory),
      texts_(std::numeric_limits<int64_t>::max(), kMostWaitingTexts),
      snapshot_(
          std::make_shared<GatewaySnapshot>(GatewaySnapshot{std::make_shared<GatewayConfig>(), Upstreams()})),
      preparation_(preparation_threads(settings)) {}

Gateway::~Gateway() {
  std::vector<std::shared_ptr<ShadowHandle>> shadows;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& weak : shadows_) {
      if (auto shadow = weak.lock()) shadows.push_back(std::move(shadow));
    }
  }
  threads_.run_on_each([&](size_t index) {
    for (const auto& shadow : shadows) {
      if (shadow->thread() == index) shadow->stop();
    }
  });
  hand_over(*later_);
  // A timer that runs just now is over when its thread has gone through this; those to come find nothing.
  later_.reset();
  threads_.run_on_each([](size_t) {});
}

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
  std::map<const RouteConfig*, std::shared_ptr<const AnswerChecks>> checks;
  for (const auto& [name, route] : config->routes) {
    FERRY_TRY(checks[&route], AnswerChecks::compile(route));
  }
  // What was answered under another configuration is not given again: other labels may hold.
  cache_.clear();
  auto snapshot = std::make_shared<const GatewaySnapshot>(
      GatewaySnapshot{std::move(config), std::move(upstreams), std::move(checks), cache_.epoch()});
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

bool Gateway::record_later(size_t bytes, std::function<void()> task) {
  auto share = texts_.take(bytes);
  if (!share) return false;
  auto held = [share = std::make_shared<LoadShare>(*std::move(share)), task = std::move(task)] { task(); };
  const std::lock_guard lock(later_->mutex);
  later_->tasks.push_back(std::move(held));
  if (later_->tasks.size() > 1) return true;
  threads_.post_after(threads_.choose(), kRecordedTogether, [this, weak = std::weak_ptr(later_)] {
    if (const auto later = weak.lock()) hand_over(*later);
  });
  return true;
}

void Gateway::hand_over(LaterTasks& later) {
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(later.mutex);
    tasks.swap(later.tasks);
  }
  if (tasks.empty()) return;
  preparation_.post([tasks = std::move(tasks)] {
    for (const auto& task : tasks) task();
  });
}

void Gateway::keep(std::weak_ptr<ShadowHandle> shadow) {
  const std::lock_guard lock(mutex_);
  if (shadows_.size() == shadows_.capacity()) {
    std::erase_if(shadows_, [](const auto& weak) { return weak.expired(); });
  }
  shadows_.push_back(std::move(shadow));
}

std::shared_ptr<TargetLatency> Gateway::latency_of(const std::string& target) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<TargetLatency>& latency = latency_[target];
  if (!latency) latency = std::make_shared<TargetLatency>();
  return latency;
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
