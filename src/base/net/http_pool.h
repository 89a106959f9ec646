#pragma once
// An HTTP/1.1 client for network threads: calls that do not block, over connections that are kept.
//
//   NetThreads threads(2);
//   HttpPool pool(threads, {});
//   FERRY_TRY(auto origin, pool.origin({.url = "https://api.example.com"}));
//   HttpPoolCall call;
//   call.origin = origin;
//   call.target = "/v1/models";
//   HttpCallHandle handle = pool.send(std::move(call), std::make_shared<MySink>());
//
// A call that is sent from a network thread stays on it: connection, callbacks and all. From another thread
// it is handed to one of them. What the pool does by itself: resolving names (cached; on threads of its own),
// trying all addresses of a name, TLS with verified names, proxies, TCP_NODELAY, keeping and dropping
// connections, deadlines, and refusing answers that two readers could read differently.
//
// A connection that was kept may be closed by the server just while a request is on its way. Where a REUSED
// connection ends before a single byte of a response, the request is sent once more, on a new connection,
// unless the call forbids it (RFC 9112 section 9.3.1 leaves open whether the server has acted on the first
// one). No other request is ever sent twice, and none follows redirects.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "base/net/http_call.h"
#include "base/net/http_proxy.h"
#include "base/net/net_threads.h"
#include "base/settings/units.h"

namespace ferry {

// How a server is reached.
struct HttpOriginSettings {
  std::string url = {};      // "https://host[:port]"; a path is not part of it and is ignored
  HttpProxy proxy = {};      // http: requests in absolute form; https: a tunnel (CONNECT)
  std::string ca_file = {};  // PEM: trusted instead of the system's authorities
  bool deny_private =
      false;  // refuse addresses that are not public: loopback, private, link-local (where clouds
              // keep their credentials), multicast... Looked at after the name is resolved. Over
              // a proxy, which resolves by itself, only names that are addresses
  // Over all threads, each of which has an even share of at least one. Calls beyond wait in line.
  int max_connections = 1024;
  int max_idle = 128;                               // kept connections; the same
  Duration idle_timeout{std::chrono::seconds(60)};  // or what the server says, where that is less

  bool operator==(const HttpOriginSettings&) const = default;
};

struct HttpPoolSettings {
  Duration dns_ttl{std::chrono::seconds(60)};  // how long a resolved name is used
  // Addresses of a name, as texts; runs on a thread that may block. Empty: the system's resolver.
  std::function<Result<std::vector<std::string>>(const std::string& host)> resolve;
};

class HttpPool {
 public:
  // `threads` must outlive the pool.
  HttpPool(NetThreads& threads, HttpPoolSettings settings);
  // Ends all calls (cancelled). Not on a network thread.
  ~HttpPool();
  HttpPool(const HttpPool&) = delete;
  HttpPool& operator=(const HttpPool&) = delete;

  // Reads the CA file. Equal settings give the same origin as long as somebody holds it, so that
  // configuration can be read again without losing connections. Errors: invalid_argument, not_found, io. Any
  // thread but network threads, for it reads files.
  Result<std::shared_ptr<const HttpOrigin>> origin(const HttpOriginSettings& settings);

  // Any thread. Nothing is checked here: what is wrong with the call comes as on_error.
  HttpCallHandle send(HttpPoolCall call, std::shared_ptr<HttpCallSink> sink);

  struct Load {
    int open = 0;     // connections, also those that are being made
    int idle = 0;     // of them: kept
    int waiting = 0;  // calls in line
  };
  // Asks each network thread: not on one of them.
  Load load();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Collects a whole response, for callers that do not stream. `done` is called once, on a network thread.
struct HttpCollected {
  HttpResponseHead head;
  std::string body;
};
using HttpCollectedResult = tl::expected<HttpCollected, HttpCallFailure>;
HttpCallHandle collect(HttpPool& pool, HttpPoolCall call, std::function<void(HttpCollectedResult)> done);

}  // namespace ferry
