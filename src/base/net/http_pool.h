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
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "base/net/http_proxy.h"
#include "base/net/http_types.h"
#include "base/net/net_threads.h"
#include "base/settings/units.h"

namespace ferry {

// How a server is reached.
struct HttpOriginSettings {
  std::string url;      // "https://host[:port]"; a path is not part of it and is ignored
  HttpProxy proxy;      // http: requests in absolute form; https: a tunnel (CONNECT)
  std::string ca_file;  // PEM: trusted instead of the system's authorities
  bool deny_private =
      false;  // refuse addresses that are not public: loopback, private, link-local (where clouds
              // keep their credentials), multicast... Looked at after the name is resolved. Over
              // a proxy, which resolves by itself, only names that are addresses
  int max_connections = 1024;  // over all threads, each of which has an even share; calls beyond wait in line
  int max_idle = 128;          // kept connections; the same
  Duration idle_timeout{std::chrono::seconds(60)};  // or what the server says, where that is less

  bool operator==(const HttpOriginSettings&) const = default;
};

// A server as the pool knows it. Made by HttpPool::origin; any thread.
class HttpOrigin;

struct HttpDeadlines {
  Duration connect{
      std::chrono::seconds(10)};  // waiting in line, name, TCP, proxy, TLS: until the request is sent
  Duration first_byte{std::chrono::minutes(10)};  // from there to the response's first byte
  Duration idle{std::chrono::minutes(5)};  // between two bytes of the response; stands still while paused
  Duration total{std::chrono::hours(1)};
};

struct HttpPoolCall {
  std::shared_ptr<const HttpOrigin> origin;
  std::string method = "POST";
  std::string target = "/";  // path and query
  // Host, Content-Length, Connection and what a proxy needs are added and must not be given, nor anything
  // else that says where the message ends. Names are tokens, values hold no control characters (RFC 9110
  // section 5.5): else the call fails as `invalid`, before anything is sent.
  HttpHeaders headers;
  std::shared_ptr<const std::string> body;  // null: none. Shared, so that another try needs no copy
  HttpDeadlines deadlines;
  size_t max_header = 64 << 10;           // of the response
  uint64_t max_body = uint64_t{1} << 40;  // of the response
  bool resend_if_stale = true;            // see above
};

struct HttpResponseHead {
  int status = 0;  // 200 and above; what only announces (1xx) is skipped
  HttpHeaders headers;
  std::optional<uint64_t> content_length = {};  // of a body whose length is known

  std::optional<std::string_view> header(std::string_view name) const { return find_header(headers, name); }
};

enum class HttpFailure : uint8_t {
  invalid,          // the call itself; nothing was sent
  busy,             // all connections that the origin may have were taken until the connect deadline
  resolve,          // the name
  denied,           // deny_private
  connect,          // refused, unreachable...
  proxy,            // the proxy did not open the tunnel
  tls,              // the handshake; or a certificate that is not trusted, expired, of another name
  timeout_connect,  // the deadlines
  timeout_first_byte,
  timeout_idle,
  timeout_total,
  closed_before_head,  // the connection ended without a whole head of a response
  cut,                 // it ended, or broke, within the body
  malformed,           // what came is not HTTP, or not unambiguous HTTP
  too_large,           // max_header, max_body
  cancelled,           // by its handle, or because the pool ends
};
std::string_view to_string(HttpFailure kind);  // "timeout_first_byte"

enum class HttpRequestProgress : uint8_t {
  nothing,  // the server cannot have seen any of it
  part,     // a part was handed to the system: it cannot have been acted upon as a whole
  all,      // the server may have acted upon it
};

struct HttpCallFailure {
  HttpFailure kind;
  std::string message;  // what, where: "api.example.com:443: ...". No header's value, no body
  HttpRequestProgress sent = HttpRequestProgress::nothing;
  bool response_begun = false;  // a byte of a response came (1xx counts)
};

// What becomes of a call: on_head, on_body..., on_end; on_error instead of what is left, from any point. All
// on one network thread, none from within send() or a method of the handle; they must not block. They may
// send other calls, pause and cancel. The pool lets go of the sink after the last one.
class HttpCallSink {
 public:
  virtual ~HttpCallSink() = default;
  virtual void on_head(HttpResponseHead head) = 0;
  virtual void on_body(std::string_view piece) = 0;  // never empty; the view ends with the call
  virtual void on_end() = 0;                         // the body is whole
  virtual void on_error(const HttpCallFailure& failure) = 0;
};

class HttpCallState;

// A call that runs. Any thread; copies mean the same call. Without one the call runs to its end all the same.
class HttpCallHandle {
 public:
  HttpCallHandle() = default;
  explicit HttpCallHandle(std::shared_ptr<HttpCallState> state) : state_(std::move(state)) {}

  // Ends the call with on_error(cancelled), unless it ends by itself before that is noticed. From its own
  // thread: nothing but this on_error follows.
  void cancel();
  // Nothing is read until resume(): a server that sends more is held up by TCP. At most one piece more comes
  // (from its own thread: none). on_error may come all the same.
  void pause();
  void resume();

 private:
  std::shared_ptr<HttpCallState> state_;
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
  std::shared_ptr<State> state_;
};

// Collects a whole response, for callers that do not stream. `done` is called once, on a network thread.
struct HttpCollected {
  HttpResponseHead head;
  std::string body;
};
using HttpCollectedResult = tl::expected<HttpCollected, HttpCallFailure>;
HttpCallHandle collect(HttpPool& pool, HttpPoolCall call, std::function<void(HttpCollectedResult)> done);

}  // namespace ferry
