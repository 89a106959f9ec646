#include "base/net/http_connector.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

#include "base/net/public_address.h"

namespace ferry {

namespace asio = boost::asio;

HttpConnector::HttpConnector(asio::io_context& io, HttpResolver& resolver, const HttpOrigin& origin)
    : io_(io), resolver_(resolver), origin_(origin), timer_(io) {}

void HttpConnector::start(Clock::time_point deadline, HttpFailure late, Done done) {
  done_ = std::move(done);
  timer_.expires_at(deadline);
  timer_.async_wait([self = shared_from_this(), late](const ErrorCode& error) {
    if (error || !self->done_) return;
    self->fail(late, fmt::format("no connection in time, while {}", self->step_));
  });
  // Posted, for the answer may be known at once.
  asio::post(io_, [self = shared_from_this()] {
    if (!self->done_) return;
    self->resolver_.resolve(self->origin_.host, self->io_,
                            [weak = self->weak_from_this()](const auto& addresses) {
                              if (const auto alive = weak.lock(); alive && alive->done_)
                                alive->on_addresses(addresses);
                            });
  });
}

void HttpConnector::cancel() {
  done_ = nullptr;
  timer_.cancel();
  if (dialer_) dialer_->cancel();
  ErrorCode ignored;
  if (socket_) socket_->tcp().close(ignored);
}

void HttpConnector::finish(Opened opened) {
  const Done done = std::exchange(done_, nullptr);
  cancel();
  done(std::move(opened));
}

void HttpConnector::fail(HttpFailure kind, std::string_view what) {
  const std::string by =
      origin_.has_proxy ? " over the proxy " + host_and_port(origin_.host, origin_.port) : "";
  finish(tl::unexpected(HttpCallFailure{kind, fmt::format("{}{}: {}", origin_.name, by, what)}));
}

void HttpConnector::on_addresses(const Result<HttpResolver::Addresses>& addresses) {
  if (!addresses) return fail(HttpFailure::resolve, addresses.error().message);
  if (!origin_.settings.deny_private) return dial(*addresses);
  if (origin_.has_proxy) {
    // The proxy is trusted, and finds the server by itself; but an address is plain to see.
    ErrorCode is_name;
    const auto address = asio::ip::make_address(origin_.url.host, is_name);
    if (is_name || is_public_address(address)) return dial(*addresses);
  } else {
    HttpResolver::Addresses allowed = *addresses;
    std::erase_if(allowed, [](const auto& address) { return !is_public_address(address); });
    if (!allowed.empty()) return dial(std::move(allowed));
  }
  fail(HttpFailure::denied, "its address is not a public one, and only those are allowed here");
}

void HttpConnector::dial(HttpResolver::Addresses addresses) {
  step_ = "connecting";
  dialer_ = std::make_shared<HttpDialer>(io_, std::move(addresses), origin_.port);
  dialer_->start([this, self = shared_from_this()](const ErrorCode& error, HttpDialer::Tcp socket) {
    on_dialled(error, std::move(socket));
  });
}

void HttpConnector::on_dialled(const ErrorCode& error, HttpDialer::Tcp socket) {
  dialer_.reset();
  if (!done_) return;
  if (error) return fail(HttpFailure::connect, "cannot connect: " + error.message());
  socket_ = std::make_unique<HttpSocket>(std::move(socket), origin_.tls);
  if (!origin_.has_tunnel) return shake_hands();
  step_ = "asking the proxy for a tunnel";
  tunnel_reader_.begin({}, true);
  ask_for_tunnel(0);
}

void HttpConnector::ask_for_tunnel(size_t sent) {
  if (sent == origin_.tunnel.size()) return read_tunnel();
  // Not over TLS, which begins within the tunnel.
  socket_->tcp().async_write_some(asio::buffer(origin_.tunnel) + sent,
                                  [self = shared_from_this(), sent](const ErrorCode& error, size_t bytes) {
                                    if (!self->done_) return;
                                    if (error) return self->fail(HttpFailure::proxy, error.message());
                                    self->ask_for_tunnel(sent + bytes);
                                  });
}

void HttpConnector::read_tunnel() {
  socket_->tcp().async_read_some(asio::buffer(incoming_),
                                 [self = shared_from_this()](const ErrorCode& error, size_t bytes) {
                                   if (self->done_) self->on_tunnel_read(error, bytes);
                                 });
}

void HttpConnector::on_tunnel_read(const ErrorCode& error, size_t bytes) {
  if (error) return fail(HttpFailure::proxy, "the proxy closed the connection instead of opening a tunnel");
  std::string_view text(incoming_.data(), bytes);
  switch (tunnel_reader_.read(text)) {
    case HttpResponseReader::Event::more:
      return read_tunnel();
    case HttpResponseReader::Event::head:
      break;
    default:
      return fail(HttpFailure::proxy, "the proxy's answer is malformed: " + tunnel_reader_.problem());
  }
  const int status = tunnel_reader_.take_head().status;
  if (status / 100 != 2) {
    return fail(HttpFailure::proxy,
                fmt::format("the proxy refuses the tunnel: {} {}", status, http_reason(status)));
  }
  // In TLS the client speaks first.
  if (!text.empty()) return fail(HttpFailure::proxy, "the proxy sent something before the tunnel was used");
  shake_hands();
}

void HttpConnector::shake_hands() {
  if (!origin_.tls) return finish(std::move(socket_));
  step_ = "agreeing on TLS";
  socket_->handshake_with(origin_.url.host, [self = shared_from_this()](const ErrorCode& error) {
    if (self->done_) self->on_handshake(error);
  });
}

void HttpConnector::on_handshake(const ErrorCode& error) {
  if (!error) return finish(std::move(socket_));
  const std::string problem = socket_->certificate_problem();
  fail(HttpFailure::tls, problem.empty() ? "TLS failed: " + error.message()
                                         : fmt::format("its certificate is not accepted: {}", problem));
}

}  // namespace ferry
