#pragma once
// The text of requests that an HttpPool sends.

#include <string>
#include <string_view>

#include "base/core/result.h"
#include "base/net/http_call.h"

namespace ferry {

// What does not change from one request to an origin to the next.
struct HttpRequestFrame {
  std::string host;           // the Host header's value
  std::string target_prefix;  // "http://host" for requests over a proxy in absolute form, else empty
  std::string proxy_headers;  // whole header lines that such a request has beside its own, or empty
};

// invalid_argument when any part of the call would change where its parts end, or repeats what the pool
// writes itself. The message names the header, never its value.
Result<void> check_call(const HttpPoolCall& call);

// Appends the head of a call that passed, up to and with the empty line.
void append_request_head(std::string& out, const HttpPoolCall& call, const HttpRequestFrame& frame);

// The request that asks a proxy for a tunnel.
std::string tunnel_request(std::string_view host_and_port, std::string_view proxy_headers);

}  // namespace ferry
