#pragma once
// A server as an HttpPool knows it: its settings, and what they come to. Immutable. Includes Asio, so only
// this room's .cpp files include it.

#include <memory>
#include <string>

#include "base/net/http_pool.h"
#include "base/net/http_request_text.h"
#include "base/net/http_url.h"
#include "base/net/tls.h"

namespace ferry {

class HttpOrigin {
 public:
  // `tls` is null for plain HTTP.
  HttpOrigin(HttpOriginSettings settings, HttpUrl url, std::shared_ptr<TlsContext> tls);

  const HttpOriginSettings settings;
  const HttpUrl url;
  const std::shared_ptr<TlsContext> tls;

  const bool has_proxy;
  const bool has_tunnel;     // TLS over a proxy
  const std::string host;    // to connect to: the server or its proxy
  const uint16_t port;       // the same
  const std::string name;    // "host:port" of the server, for messages
  const std::string tunnel;  // the request that asks the proxy for one
  const HttpRequestFrame frame;
};

// "Proxy-Authorization: Basic ...", with its line end; empty without credentials.
std::string proxy_authorization(const HttpProxy& proxy);

}  // namespace ferry
