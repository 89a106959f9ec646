#include "base/net/http_pool_connection.h"

#include <algorithm>
#include <cerrno>

#include <boost/asio/buffer.hpp>
#include <sys/socket.h>

#include "base/net/http_origin.h"
#include "base/net/http_pool_shard.h"

namespace ferry {
namespace {

namespace asio = boost::asio;

// The buffer grows with what a server sends at once, so that an idle stream is small and a large answer is
// fast.
constexpr size_t kLeastBuffer = 4 << 10;
constexpr size_t kMostBuffer = 64 << 10;
// Up to this size a body is copied behind its head, to leave in one piece with it.
constexpr size_t kSmallBody = 32 << 10;
constexpr size_t kKeptHead = 64 << 10;
// Before a server gives up a connection that it said how long it would keep, we do.
constexpr std::chrono::seconds kKeepAliveMargin{1};

}  // namespace

HttpPoolConnection::HttpPoolConnection(asio::io_context& io, HttpPoolShard& shard,
                                       std::shared_ptr<const HttpOrigin> origin,
                                       std::unique_ptr<HttpSocket> socket)
    : shard_(shard),
      origin_(std::move(origin)),
      socket_(std::move(socket)),
      buffer_(kLeastBuffer),
      timer_(io),
      since_(Clock::now()),
      idle_timeout_(origin_->settings.idle_timeout) {}

size_t HttpPoolConnection::body_size() const {
  return body_is_apart_ ? call_->call.body->size() : 0;
}

bool HttpPoolConnection::is_quiet() {
  char byte = 0;
  const ssize_t got = ::recv(socket_->tcp().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
  // In TLS it may be a new ticket, which is not for us to see.
  return got > 0 && origin_->tls != nullptr;
}

void HttpPoolConnection::take(const Call& call) {
  FERRY_CHECK(!call_ && !closed_);
  call_ = call;
  call_->connection = shared_from_this();
  const HttpPoolCall& asked = call_->call;
  reader_.begin({asked.max_header, asked.max_body}, asked.method == "HEAD");
  head_.clear();
  append_request_head(head_, asked, origin_->frame);
  body_is_apart_ = asked.body && asked.body->size() > kSmallBody;
  if (asked.body && !body_is_apart_) head_.append(*asked.body);
  written_ = 0;
  was_paused_ = false;
  since_ = Clock::now();
  write();
  read();
  watch();
}

asio::const_buffer HttpPoolConnection::unwritten() const {
  if (written_ < head_.size()) return asio::buffer(head_) + written_;
  return asio::buffer(*call_->call.body) + (written_ - head_.size());
}

void HttpPoolConnection::write() {
  write_pending_ = true;
  socket_->write_some(unwritten(), [self = shared_from_this()](const ErrorCode& error, size_t bytes) {
    self->write_pending_ = false;
    if (!self->closed_) self->on_written(error, bytes);
  });
}

void HttpPoolConnection::on_written(const ErrorCode& error, size_t bytes) {
  // A server may answer before it has read everything, and close: so what is wrong, reading will tell.
  if (error || !call_) return;
  written_ += bytes;
  if (!request_sent()) return write();
  if (head_.capacity() > kKeptHead) {
    written_ = 0;
    head_ = {};
    body_is_apart_ = false;
  }
}

void HttpPoolConnection::read() {
  if (read_pending_ || closed_) return;
  read_pending_ = true;
  socket_->read_some(asio::buffer(buffer_),
                     [self = shared_from_this()](const ErrorCode& error, size_t bytes) {
                       self->read_pending_ = false;
                       if (!self->closed_) self->on_read(error, bytes);
                     });
}

void HttpPoolConnection::on_read(const ErrorCode& error, size_t bytes) {
  // A kept connection that the server closed, or on which it sent what nobody asked for.
  if (!call_) return close();
  since_ = Clock::now();
  if (error) return on_stream_end(error);
  incoming_ = {buffer_.data(), bytes};
  advance();
  if (!closed_) watch();
}

void HttpPoolConnection::on_stream_end(const ErrorCode& error) {
  if (is_stale()) {
    const Call again = let_go();
    again->connection.reset();
    return close(again);
  }
  // Without TLS's end mark, anybody on the way may have ended the stream.
  const bool clean = error == asio::error::eof;
  if (reader_.end_of_stream(clean) == HttpResponseReader::Event::end) return finish();
  const bool say_why = !clean && error != asio::ssl::error::stream_truncated;
  fail(reader_.failure(),
       say_why ? fmt::format("{} ({})", reader_.problem(), error.message()) : reader_.problem());
}

bool HttpPoolConnection::is_stale() const {
  return reused_ && !reader_.begun() && !call_->resent &&
         (call_->call.resend_if_stale || progress() == HttpRequestProgress::nothing);
}

void HttpPoolConnection::advance() {
  while (!call_->paused()) {
    const HttpResponseReader::Event event = reader_.read(incoming_);
    switch (event) {
      case HttpResponseReader::Event::more:
        if (buffer_.size() < kMostBuffer && incoming_.data() == buffer_.data() + buffer_.size()) {
          buffer_.resize(2 * buffer_.size());
        }
        return read();
      case HttpResponseReader::Event::head:
        call_->sink->on_head(reader_.take_head());
        break;
      case HttpResponseReader::Event::body:
        call_->sink->on_body(reader_.piece());
        break;
      case HttpResponseReader::Event::end:
        return finish();
      case HttpResponseReader::Event::failed:
        return fail(reader_.failure(), reader_.problem());
    }
    if (call_->cancelled()) {
      return fail(HttpFailure::cancelled, "cancelled");
    }
  }
  was_paused_ = true;
}

void HttpPoolConnection::resume() {
  if (read_pending_ || !was_paused_) return;
  was_paused_ = false;
  since_ = Clock::now();
  watch();
  advance();
}

void HttpPoolConnection::finish() {
  const bool keep = reader_.keep_alive() && request_sent() && !write_pending_ && incoming_.empty();
  const Call call = let_go();
  if (!keep) {
    close();
    return shard_.end(call);
  }
  reused_ = true;
  since_ = Clock::now();
  idle_timeout_ = origin_->settings.idle_timeout;
  if (const auto told = reader_.keep_alive_timeout()) {
    idle_timeout_ = std::min<std::chrono::nanoseconds>(idle_timeout_, *told - kKeepAliveMargin);
  }
  if (idle_timeout_ <= idle_timeout_.zero()) {
    close();
    return shard_.end(call);
  }
  // First kept, so that whoever is told of the end can use it at once.
  shard_.release(shared_from_this());
  shard_.end(call);
  if (closed_) return;
  if (!call_ && !read_pending_ && buffer_.size() > kLeastBuffer) buffer_ = std::vector<char>(kLeastBuffer);
  read();
  watch();
}

HttpPoolConnection::Call HttpPoolConnection::let_go() {
  Call call = std::move(call_);
  call_.reset();
  incoming_ = {};
  return call;
}

HttpRequestProgress HttpPoolConnection::progress() const {
  if (request_sent()) return HttpRequestProgress::all;
  return written_ > 0 ? HttpRequestProgress::part : HttpRequestProgress::nothing;
}

void HttpPoolConnection::fail(HttpFailure kind, std::string_view what) {
  HttpCallFailure failure{kind, fmt::format("{}: {}", origin_->name, what)};
  Call call;
  if (call_) {
    failure.sent = progress();
    failure.response_begun = reader_.begun();
    call = let_go();
  }
  close();
  if (call) shard_.end(call, failure);
}

void HttpPoolConnection::close(const Call& again) {
  if (closed_) return;
  closed_ = true;
  ErrorCode ignored;
  socket_->tcp().close(ignored);
  timer_.cancel();
  shard_.forget(shared_from_this(), again);
}

// When what is waited for must have come.
HttpPoolConnection::Clock::time_point HttpPoolConnection::deadline() const {
  if (!call_) return since_ + idle_timeout_;
  const HttpDeadlines& deadlines = call_->call.deadlines;
  if (was_paused_) return call_->total_deadline;
  const Duration patience = reader_.begun() ? deadlines.idle : deadlines.first_byte;
  return std::min(since_ + patience, call_->total_deadline);
}

// Deadlines move with every byte, nearly always to later. The timer is only set anew where it would come too
// late; when it comes too early it is set for what is left.
void HttpPoolConnection::watch() {
  const Clock::time_point next = deadline();
  if (timer_pending_ && timer_.expiry() <= next) return;
  timer_pending_ = true;
  timer_.expires_at(next);
  timer_.async_wait([self = shared_from_this()](const ErrorCode& error) {
    if (!error && !self->closed_) self->on_timer();
  });
}

void HttpPoolConnection::on_timer() {
  const Clock::time_point now = Clock::now();
  if (timer_.expiry() > now) return;  // set anew since it came
  timer_pending_ = false;
  if (deadline() > now) return watch();
  if (!call_) return close();
  const HttpDeadlines& deadlines = call_->call.deadlines;
  if (call_->total_deadline <= now) {
    return fail(HttpFailure::timeout_total, fmt::format("not done within {}", to_string(deadlines.total)));
  }
  if (reader_.begun()) {
    return fail(HttpFailure::timeout_idle,
                fmt::format("the response stands still for {}", to_string(deadlines.idle)));
  }
  fail(HttpFailure::timeout_first_byte, fmt::format("no answer within {}", to_string(deadlines.first_byte)));
}

}  // namespace ferry
