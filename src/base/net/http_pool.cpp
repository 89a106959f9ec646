#include "base/net/http_pool.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <vector>

#include "base/net/http_origin.h"
#include "base/net/http_pool_shard.h"
#include "base/net/http_resolver.h"

namespace ferry {

struct HttpPool::State {
  State(NetThreads& net_threads, HttpPoolSettings settings)
      : threads(net_threads), resolver(std::move(settings)) {
    for (size_t i = 0; i < threads.count(); ++i) {
      shards.push_back(std::make_unique<HttpPoolShard>(threads.io(i), resolver, threads.count()));
    }
  }

  Result<std::shared_ptr<TlsContext>> client_tls(const std::string& ca_file);

  NetThreads& threads;
  std::vector<std::unique_ptr<HttpPoolShard>> shards;  // one for each thread
  HttpResolver resolver;

  std::mutex mutex;
  // Guarded by mutex.
  std::vector<std::weak_ptr<const HttpOrigin>> origins;
  std::map<std::string, std::weak_ptr<TlsContext>> contexts;  // by CA file
};

// Shared among origins: the system's authorities are some hundred certificates.
Result<std::shared_ptr<TlsContext>> HttpPool::State::client_tls(const std::string& ca_file) {
  std::weak_ptr<TlsContext>& known = contexts[ca_file];
  if (auto alive = known.lock()) return alive;
  FERRY_TRY(auto loaded, load_client_tls(ca_file));
  known = loaded;
  return loaded;
}

HttpPool::HttpPool(NetThreads& threads, HttpPoolSettings settings)
    : state_(std::make_unique<State>(threads, std::move(settings))) {}

HttpPool::~HttpPool() {
  State& state = *state_;
  state.threads.run_on_each([&](size_t index) { state.shards[index]->close_all(); });
  // What closing left in the queues, and what that left.
  for (int i = 0; i < 2; ++i) state.threads.run_on_each([](size_t) {});
}

Result<std::shared_ptr<const HttpOrigin>> HttpPool::origin(const HttpOriginSettings& settings) {
  FERRY_TRY(HttpUrl url, parse_http_url(settings.url));
  State& state = *state_;
  const std::lock_guard lock(state.mutex);
  std::erase_if(state.origins, [](const auto& origin) { return origin.expired(); });
  for (const auto& origin : state.origins) {
    if (auto alive = origin.lock(); alive && alive->settings == settings) return alive;
  }
  std::shared_ptr<TlsContext> tls;
  if (url.tls) {
    FERRY_TRY(tls, state.client_tls(settings.ca_file));
  }
  auto made = std::make_shared<const HttpOrigin>(settings, std::move(url), std::move(tls));
  state.origins.push_back(made);
  return made;
}

HttpCallHandle HttpPool::send(HttpPoolCall call, std::shared_ptr<HttpCallSink> sink) {
  FERRY_CHECK(sink);
  State& state = *state_;
  const bool is_here = state.threads.current().has_value();
  const size_t index = state.threads.choose();
  HttpPoolShard& shard = *state.shards[index];
  auto running =
      std::make_shared<HttpCallState>(std::move(call), std::move(sink), state.threads, index, shard);
  if (is_here) {
    shard.start(running);
  } else {
    state.threads.post(index, [&shard, running] { shard.start(running); });
  }
  return HttpCallHandle(std::move(running));
}

HttpPool::Load HttpPool::load() {
  State& state = *state_;
  std::mutex mutex;
  Load sum;
  state.threads.run_on_each([&](size_t index) {
    const Load load = state.shards[index]->load();
    const std::lock_guard lock(mutex);
    sum.open += load.open;
    sum.idle += load.idle;
    sum.waiting += load.waiting;
  });
  return sum;
}

void HttpCallHandle::cancel() {
  if (state_) state_->cancel();
}

void HttpCallHandle::pause() {
  if (state_) state_->pause();
}

void HttpCallHandle::resume() {
  if (state_) state_->resume();
}

namespace {

class Collector final : public HttpCallSink {
 public:
  explicit Collector(std::function<void(HttpCollectedResult)> done) : done_(std::move(done)) {}

  void on_head(HttpResponseHead head) override { collected_.head = std::move(head); }
  void on_body(std::string_view piece) override { collected_.body.append(piece); }
  void on_end() override { done_(std::move(collected_)); }
  void on_error(const HttpCallFailure& failure) override { done_(tl::unexpected(failure)); }

 private:
  HttpCollected collected_;
  std::function<void(HttpCollectedResult)> done_;
};

}  // namespace

HttpCallHandle collect(HttpPool& pool, HttpPoolCall call, std::function<void(HttpCollectedResult)> done) {
  return pool.send(std::move(call), std::make_shared<Collector>(std::move(done)));
}

std::string_view to_string(HttpFailure kind) {
  switch (kind) {
    case HttpFailure::invalid:
      return "invalid";
    case HttpFailure::busy:
      return "busy";
    case HttpFailure::resolve:
      return "resolve";
    case HttpFailure::denied:
      return "denied";
    case HttpFailure::connect:
      return "connect";
    case HttpFailure::proxy:
      return "proxy";
    case HttpFailure::tls:
      return "tls";
    case HttpFailure::timeout_connect:
      return "timeout_connect";
    case HttpFailure::timeout_first_byte:
      return "timeout_first_byte";
    case HttpFailure::timeout_idle:
      return "timeout_idle";
    case HttpFailure::timeout_total:
      return "timeout_total";
    case HttpFailure::closed_before_head:
      return "closed_before_head";
    case HttpFailure::cut:
      return "cut";
    case HttpFailure::malformed:
      return "malformed";
    case HttpFailure::too_large:
      return "too_large";
    case HttpFailure::cancelled:
      return "cancelled";
  }
  return "unknown";
}

}  // namespace ferry
