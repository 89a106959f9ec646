#pragma once
// Makes one connection to an origin: name, addresses, TCP, a proxy's tunnel, TLS; all under one deadline.
// Includes Asio, so only this room's .cpp files include it.

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>  // before Asio: see http_connection.h

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/net/http_call.h"
#include "base/net/http_dialer.h"
#include "base/net/http_origin.h"
#include "base/net/http_resolver.h"
#include "base/net/http_response_reader.h"
#include "base/net/http_socket.h"

namespace ferry {

class HttpConnector : public std::enable_shared_from_this<HttpConnector> {
 public:
  using Clock = std::chrono::steady_clock;
  using Opened = tl::expected<std::unique_ptr<HttpSocket>, HttpCallFailure>;
  using Done = std::function<void(Opened)>;

  // Everything on the thread that runs `io`. The origin outlives the connector.
  HttpConnector(boost::asio::io_context& io, HttpResolver& resolver, const HttpOrigin& origin);

  // `done` is called once, never within this call, and not after cancel(). Past the deadline it fails as
  // `late`, timeout_connect or timeout_total.
  void start(Clock::time_point deadline, HttpFailure late, Done done);
  void cancel();

 private:
  using ErrorCode = boost::system::error_code;

  void on_addresses(const Result<HttpResolver::Addresses>& addresses);
  void dial(HttpResolver::Addresses addresses);
  void on_dialled(const ErrorCode& error, HttpDialer::Tcp socket);
  void ask_for_tunnel(size_t sent);
  void read_tunnel();
  void on_tunnel_read(const ErrorCode& error, size_t bytes);
  void shake_hands();
  void on_handshake(const ErrorCode& error);
  void fail(HttpFailure kind, std::string_view what);
  void finish(Opened opened);

  boost::asio::io_context& io_;
  HttpResolver& resolver_;
  const HttpOrigin& origin_;
  boost::asio::steady_timer timer_;
  Done done_;  // empty once it is over
  const char* step_ = "looking up its name";
  std::shared_ptr<HttpDialer> dialer_;
  std::unique_ptr<HttpSocket> socket_;
  HttpResponseReader tunnel_reader_;
  std::array<char, 4096> incoming_;
};

}  // namespace ferry
