#pragma once
// One call to an HTTP server through an HttpPool: what is asked, what comes back, how it can fail.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/net/http_types.h"
#include "base/settings/units.h"

namespace ferry {

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
  // (from its own thread: none). The call may end all the same.
  void pause();
  void resume();

 private:
  std::shared_ptr<HttpCallState> state_;
};

}  // namespace ferry
