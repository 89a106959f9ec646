#include "base/net/http_connection.h"

#include <exception>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <openssl/err.h>
#include <openssl/sslerr.h>

#include "base/core/json.h"
#include "base/net/http_response_head.h"
#include "base/observe/log.h"

namespace ferry {
namespace {

namespace asio = boost::asio;
using Status = HttpRequestReader::Status;

constexpr size_t kReadAhead = 64 << 10;     // of pipelined requests, while one is answered
constexpr size_t kKeptCapacity = 64 << 10;  // of the output buffer, between responses
constexpr Duration kLinger = std::chrono::seconds(2);
constexpr size_t kLingerBytes = 4 << 20;

HttpLimits limits_of(const HttpServerSettings& settings) {
  return {settings.max_header.bytes, settings.max_body.bytes};
}

std::string address_text(const asio::ip::tcp::socket& socket) {
  boost::system::error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return "?";
  asio::ip::address address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  if (address.is_v6()) return fmt::format("[{}]:{}", address.to_string(), endpoint.port());
  return fmt::format("{}:{}", address.to_string(), endpoint.port());
}

// Whether a handshake failed because an HTTP request came in place of it.
bool speaks_no_tls(const boost::system::error_code& error) {
  return error.category() == asio::error::get_ssl_category() &&
         ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_HTTP_REQUEST;
}

HttpRefusalBody plain_refusal(const std::string& message) {
  HttpRefusalBody body;
  JsonWriter w(body.json);
  w.begin_object();
  w.key("error");
  w.begin_object();
  w.member("message", std::string_view(message));
  w.end_object();
  w.end_object();
  body.json.push_back('\n');
  return body;
}

}  // namespace

int HttpLoad::open() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

int HttpLoad::add_connection() {
  const std::lock_guard lock(mutex_);
  return ++connections_;
}

void HttpLoad::remove_connection() {
  const std::lock_guard lock(mutex_);
  --connections_;
  less_.notify_all();
}

void HttpLoad::begin_exchange() {
  const std::lock_guard lock(mutex_);
  ++exchanges_;
}

void HttpLoad::end_exchange() {
  const std::lock_guard lock(mutex_);
  --exchanges_;
  less_.notify_all();
}

bool HttpLoad::wait_until_idle(Duration most) {
  std::unique_lock lock(mutex_);
  return less_.wait_for(lock, most, [this] { return exchanges_ == 0; });
}

bool HttpLoad::wait_until_closed(Duration most) {
  std::unique_lock lock(mutex_);
  return less_.wait_for(lock, most, [this] { return connections_ == 0; });
}

HttpConnection::HttpConnection(asio::ip::tcp::socket socket, std::shared_ptr<TlsContext> tls,
                               HttpWorker& worker)
    : socket_(std::move(socket), std::move(tls)),
      worker_(worker),
      read_timer_(worker.io),
      write_timer_(worker.io),
      remote_address_(address_text(socket_.tcp())),
      reader_(limits_of(worker.settings)) {}

void HttpConnection::start(bool refused) {
  worker_.connections.insert(shared_from_this());
  if (worker_.phase == HttpPhase::stopping) return close();
  ErrorCode ignored;
  // Tokens are small and must not wait for each other.
  socket_.tcp().set_option(asio::ip::tcp::no_delay(true), ignored);
  unwelcome_ = refused;
  arm(read_timer_, worker_.settings.header_timeout, &HttpConnection::on_read_timeout);
  socket_.handshake([self = shared_from_this()](const ErrorCode& error) {
    if (!self->closed_) self->on_handshake(error);
  });
}

void HttpConnection::on_handshake(const ErrorCode& error) {
  if (speaks_no_tls(error)) {
    socket_.become_plain();
    return refuse({400, "this port speaks HTTPS, not HTTP; ask for https://"});
  }
  if (error) return close();
  if (unwelcome_) return refuse({503, "too many connections; try again later"});
  arm(read_timer_, worker_.settings.header_timeout, &HttpConnection::on_read_timeout);
  read();
}

void HttpConnection::on_phase() {
  if (outbox_) {
    outbox_->forbid_keep_alive();
  } else if (worker_.phase == HttpPhase::stopping && !refusing_) {
    close();
  }
}

void HttpConnection::cut() {
  ErrorCode ignored;
  socket_.tcp().set_option(asio::socket_base::linger(true, 0), ignored);
  close();
}

void HttpConnection::close() {
  if (closed_) return;
  closed_ = true;
  ErrorCode ignored;
  socket_.tcp().close(ignored);
  read_timer_.cancel();
  write_timer_.cancel();
  if (outbox_) {
    outbox_->disconnect();
    end_exchange();
  }
  worker_.connections.erase(shared_from_this());
  worker_.load.remove_connection();
}

void HttpConnection::arm(asio::steady_timer& timer, Duration timeout, void (HttpConnection::*expired)()) {
  timer.expires_after(timeout);
  timer.async_wait([self = shared_from_this(), &timer, expired](const ErrorCode& error) {
    // The timer may have been armed anew, or disarmed, after it had fired.
    if (error || self->closed_ || timer.expiry() > asio::steady_timer::clock_type::now()) return;
    ((*self).*expired)();
  });
}

void HttpConnection::read() {
  if (read_pending_ || closed_) return;
  read_pending_ = true;
  socket_.read_some(asio::buffer(incoming_),
                    [self = shared_from_this()](const ErrorCode& error, size_t bytes) {
                      self->read_pending_ = false;
                      if (!self->closed_) self->on_read(error, bytes);
                    });
}

void HttpConnection::on_read(const ErrorCode& error, size_t bytes) {
  if (lingering_) {
    thrown_away_ += bytes;
    return error || thrown_away_ > kLingerBytes ? close() : read();
  }
  if (error) {
    // The client closed its side. A response that is complete may still reach it; one that is not has lost
    // its reader (who half-closes and waits cannot be told from who left).
    if (refusing_ || (outbox_ && outbox_->ended())) return;
    return outbox_ ? cut() : close();
  }
  if (refusing_) return read();
  reader_.append({incoming_.data(), bytes});
  if (!outbox_) return advance();
  read_ahead();
}

// Reading on while one request is answered shows when the client leaves; but nobody may send without end.
void HttpConnection::read_ahead() {
  if (reader_.buffered() < kReadAhead) read();
}

void HttpConnection::disarm(asio::steady_timer& timer) {
  timer.expires_at(asio::steady_timer::time_point::max());
}

void HttpConnection::arm_read_timer(Status status) {
  if (status == reading_) return;
  reading_ = status;
  const HttpServerSettings& s = worker_.settings;
  const Duration timeout = status == Status::idle     ? s.idle_timeout
                           : status == Status::header ? s.header_timeout
                                                      : s.body_timeout;
  arm(read_timer_, timeout, &HttpConnection::on_read_timeout);
}

void HttpConnection::on_read_timeout() {
  if (lingering_ || reading_ == Status::idle) return close();
  refuse({408, reading_ == Status::header ? "the request's headers took too long"
                                          : "the request's body took too long"});
}

void HttpConnection::advance() {
  const Status status = reader_.advance();
  if (status == Status::ready) return dispatch();
  if (status == Status::refused) return refuse(reader_.refusal());
  if (reader_.take_continue()) {
    queued_.append("HTTP/1.1 100 Continue\r\n\r\n");
    flush();
  }
  arm_read_timer(status);
  read();
}

void HttpConnection::dispatch() {
  disarm(read_timer_);
  reading_ = Status::ready;
  HttpRequest request = reader_.take();
  request.remote_address = remote_address_;

  HttpOutboxTerms terms;
  terms.is_http_1_0 = request.is_http_1_0;
  terms.head_only = request.method == "HEAD";
  terms.keep_alive = reader_.keep_alive() && worker_.phase == HttpPhase::serving;
  terms.max_buffered = worker_.settings.max_buffered.bytes;
  auto wake = [weak = weak_from_this(), &io = worker_.io] {
    asio::post(io, [weak] {
      if (auto self = weak.lock(); self && !self->closed_) self->flush();
    });
  };
  outbox_ = std::make_shared<HttpOutbox>(terms, std::move(wake));
  worker_.load.begin_exchange();
  response_ended_ = false;
  read_ahead();

  auto exchange = std::make_shared<HttpExchange>(std::move(request), outbox_);
  try {
    worker_.handler(std::move(exchange));
  } catch (const std::exception& exception) {
    // A bug in a handler costs its own request, which the exchange's destructor has cut, not the server.
    log_error("a request's handler failed", {{"what", exception.what()}});
  }
}

void HttpConnection::end_exchange() {
  outbox_.reset();
  worker_.load.end_exchange();
}

void HttpConnection::refuse(const HttpRefusal& refusal) {
  refusing_ = true;
  HttpRequest request = reader_.take_partial();
  request.remote_address = remote_address_;
  const HttpRefusalBody body = worker_.refusals ? worker_.refusals(refusal.status, refusal.message, request)
                                                : plain_refusal(refusal.message);
  HttpHead head;
  head.status = refusal.status;
  head.content_type = "application/json";
  head.content_length = body.json.size();
  head.keep_alive = false;
  HttpHeaders headers = body.headers;
  if (refusal.status == 503) headers.push_back({"Retry-After", "1"});
  append_head(queued_, head, headers);
  queued_.append(body.json);
  disarm(read_timer_);
  flush();
}

void HttpConnection::flush() {
  // Whoever is cut off for reading too slowly has a write pending that may never end.
  if (outbox_ && outbox_->disconnected()) return cut();
  if (write_pending_) return;
  outgoing_.swap(queued_);
  if (outbox_ && !response_ended_) {
    const HttpOutbox::Progress progress = outbox_->take(outgoing_);
    if (progress == HttpOutbox::Progress::cut) return cut();
    response_ended_ = progress == HttpOutbox::Progress::ended;
  }
  if (outgoing_.empty()) return on_all_sent();
  arm(write_timer_, worker_.settings.write_timeout, &HttpConnection::cut);
  send();
}

void HttpConnection::send() {
  write_pending_ = true;
  socket_.write_some(asio::buffer(outgoing_.data() + sent_, outgoing_.size() - sent_),
                     [self = shared_from_this()](const ErrorCode& error, size_t bytes) {
                       self->write_pending_ = false;
                       if (!self->closed_) self->on_sent(error, bytes);
                     });
}

void HttpConnection::on_sent(const ErrorCode& error, size_t bytes) {
  if (error) return cut();
  if (outbox_) outbox_->sent(bytes);
  sent_ += bytes;
  if (sent_ < outgoing_.size()) {
    arm(write_timer_, worker_.settings.write_timeout, &HttpConnection::cut);
    return send();
  }
  disarm(write_timer_);
  outgoing_.clear();
  sent_ = 0;
  if (outgoing_.capacity() > kKeptCapacity) outgoing_.shrink_to_fit();
  flush();
}

void HttpConnection::on_all_sent() {
  if (refusing_) return linger();
  if (!outbox_ || !response_ended_) return;
  const bool keep_alive = outbox_->keep_alive();
  end_exchange();
  response_ended_ = false;
  if (worker_.phase == HttpPhase::stopping) return close();
  if (!keep_alive) return linger();
  advance();
}

// Closing a socket with unread bytes resets the connection, and the reset can overtake the response. So the
// sending side is closed first, and what still comes is read for a moment (RFC 9112 section 9.6).
void HttpConnection::linger() {
  lingering_ = true;
  refusing_ = false;
  if (worker_.phase == HttpPhase::stopping) return close();
  arm(read_timer_, kLinger, &HttpConnection::on_read_timeout);
  // Where it failed, so will the read.
  socket_.end_sending([self = shared_from_this()](const ErrorCode& /*error*/) { self->read(); });
}

}  // namespace ferry
