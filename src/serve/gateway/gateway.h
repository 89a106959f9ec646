#pragma once
// The one door for every application: who asks, what is in it, where it may go, what it costs, what became of
// it. exchange.cpp has the path of a request as one list; ADR 0007 the design.
//
//   Gateway gateway(threads, pool, accounts, recorder, local);
//   FERRY_TRY_VOID(gateway.use(config));
//   gateway.answer({.dialect = &kOpenAiChat, .body = ..., .principal = ...}, client);

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/core/task_queue.h"
#include "base/net/http_pool.h"
#include "base/net/net_threads.h"
#include "base/observe/metrics.h"
#include "serve/accounts/accounts.h"
#include "serve/gateway/answer_cache.h"
#include "serve/gateway/answer_checks.h"
#include "serve/gateway/client.h"
#include "serve/gateway/gateway_load.h"
#include "serve/gateway/observer.h"
#include "serve/gateway/target_latency.h"
#include "serve/gateway/upstreams.h"
#include "serve/route/gateway_config.h"
#include "serve/route/target_health.h"
#include "serve/traffic/recorder.h"

namespace ferry {

// One configuration in force. Immutable; an exchange keeps the one that it began with.
struct GatewaySnapshot {
  GatewayConfigPtr config;
  Upstreams upstreams;
  std::map<const RouteConfig*, std::shared_ptr<const AnswerChecks>> checks = {};  // of every route
  uint64_t cache_epoch = 0;
};

// A shadow that runs, for a gateway that stops.
class ShadowHandle {
 public:
  virtual ~ShadowHandle() = default;
  virtual size_t thread() const = 0;
  virtual void stop() = 0;  // on that thread
};

// An exchange that runs. Without it, the exchange runs to its end.
class GatewayHandle {
 public:
  virtual ~GatewayHandle() = default;
  // The client went away: nothing more is written to it. Any thread.
  virtual void cancel() = 0;
  // The server stops: the client is told so, unless its answer is complete. Any thread.
  virtual void end(ApiError error) = 0;
  // Lives as long as the exchange. Once, before the handle is given to others.
  void keep(std::shared_ptr<void> guest) { guest_ = std::move(guest); }

 private:
  std::shared_ptr<void> guest_;
};

// Tasks that wait to be handed over together. A timer may outlive the gateway: it then finds nothing.
struct LaterTasks {
  std::mutex mutex;                          // guards what follows
  std::vector<std::function<void()>> tasks;  // the first of them has set the timer
};

class Gateway {
 public:
  // All of these outlive the gateway; its exchanges end before it does. `recorder` null: nothing is recorded.
  // `local` null: there is no engine.
  Gateway(NetThreads& threads, HttpPool& pool, Accounts& accounts, Recorder* recorder,
          std::shared_ptr<Provider> local, const GatewaySettings& settings = {});
  // Ends the shadows that still run, and waits for what is being recorded. Not on a network thread.
  ~Gateway();

  // Takes effect for the exchanges that begin from now on; on an error nothing changes. Reads files: not on
  // network threads. `source`: for the record, what brought it.
  Result<void> use(GatewayConfigPtr config, std::string_view source = "start");
  std::shared_ptr<const GatewaySnapshot> snapshot() const;

  // Before the first exchange. They outlive the gateway.
  void observe(std::vector<GatewayObserver*> observers) { observers_ = std::move(observers); }
  const std::vector<GatewayObserver*>& observers() const { return observers_; }

  // Any thread. Returns at once.
  std::shared_ptr<GatewayHandle> answer(GatewayCall call, std::unique_ptr<GatewayClient> client);

  // What breakers say, for metrics and people: by target.
  std::map<std::string, TargetHealth::State> health() const;

  // For exchanges, on their way.

  NetThreads& threads() { return threads_; }
  Accounts& accounts() { return accounts_; }
  Recorder* recorder() { return recorder_; }
  // Of a target, for as long as the gateway lives, whatever configurations come and go.
  std::shared_ptr<TargetHealth> health_of(const std::string& target);
  std::shared_ptr<TargetLatency> latency_of(const std::string& target);
  AnswerCache& cache() { return cache_; }
  const GatewayLoad& load() const { return load_; }
  // Room for one exchange with a body of so many bytes; none: it is to be refused. Any thread.
  std::optional<LoadShare> take_share(size_t bytes) { return load_.take(bytes); }
  // Threads for what network threads must not do.
  TaskQueue& preparation() { return preparation_; }
  // Runs it there a moment later, with others, so that an exchange wakes nobody; unless too much waits
  // already: false. `bytes`: what it holds.
  bool record_later(size_t bytes, std::function<void()> task);
  // Texts that a route wanted recorded, and that were not.
  Counter& dropped_texts() { return dropped_texts_; }
  void keep(std::weak_ptr<ShadowHandle> shadow);

 private:
  void hand_over(LaterTasks& later);

  NetThreads& threads_;
  HttpPool& pool_;
  Accounts& accounts_;
  Recorder* const recorder_;
  const std::shared_ptr<Provider> local_;
  std::vector<GatewayObserver*> observers_;

  AnswerCache cache_;
  GatewayLoad load_;
  GatewayLoad texts_;  // waiting to be recorded
  Counter dropped_texts_;

  mutable std::mutex mutex_;  // guards what follows, down to the queue
  std::shared_ptr<const GatewaySnapshot> snapshot_;
  std::map<std::string, std::shared_ptr<TargetHealth>> health_;
  std::map<std::string, std::shared_ptr<TargetLatency>> latency_;
  std::vector<std::weak_ptr<ShadowHandle>> shadows_;  // those that are over go when there are many

  TaskQueue preparation_;                                               // what it runs uses all of the above
  std::shared_ptr<LaterTasks> later_ = std::make_shared<LaterTasks>();  // for it
};

// Milliseconds of the steady clock, as TargetHealth counts them.
TargetHealth::Time health_now();

}  // namespace ferry
