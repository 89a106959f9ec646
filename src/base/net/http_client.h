#pragma once
// A small blocking HTTP/1.1 client over plain TCP, for the command line and for tests. One connection, kept
// alive between calls to the same host. One thread at a time.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/core/function_ref.h"
#include "base/core/result.h"
#include "base/net/http_types.h"
#include "base/net/http_url.h"
#include "base/settings/units.h"

namespace ferry {

struct HttpCall {
  std::string method = "GET";
  std::string url;      // http only
  HttpHeaders headers;  // Host (unless given), Content-Length and Connection are added
  std::string body;
  Duration connect_timeout{std::chrono::seconds(10)};
  Duration read_timeout{std::chrono::minutes(10)};  // without a single byte arriving
  uint64_t max_body_bytes = uint64_t{256} << 20;    // of a collected response
};

struct HttpResponse {
  int status = 0;
  HttpHeaders headers;
  std::string body;  // empty where it was streamed

  std::optional<std::string_view> header(std::string_view name) const { return find_header(headers, name); }
};

// Receives the head once and then the body in pieces; returning false ends the call (cancelled).
struct HttpSink {
  FunctionRef<bool(const HttpResponse& head)> on_head;
  FunctionRef<bool(std::string_view piece)> on_body;
};

class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Errors are failures to talk (unavailable, io, corrupt); a status of 404 is a response. A kept connection
  // that the server has closed meanwhile is replaced before anything is sent; nothing is ever sent twice.
  Result<HttpResponse> send(const HttpCall& call);
  Result<HttpResponse> stream(const HttpCall& call, const HttpSink& sink);

 private:
  class Connection;

  Result<void> connect(const HttpUrl& url, Duration timeout);

  std::unique_ptr<Connection> connection_;
};

}  // namespace ferry
