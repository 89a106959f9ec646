#include "serve/mock/connection.h"

#include <boost/asio/buffer.hpp>

namespace ferry::mock {
namespace {

namespace asio = boost::asio;

constexpr size_t kReadAhead = 64 << 10;
constexpr HttpLimits kLimits{.max_header = 64 << 10, .max_body = uint64_t{256} << 20};

}  // namespace

Connection::Connection(Tcp socket, Service& service)
    : socket_(std::move(socket)), service_(service), reader_(kLimits), timer_(socket_.get_executor()) {}

void Connection::start() {
  ErrorCode ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  read();
}

void Connection::close() {
  if (closed_) return;
  closed_ = true;
  ErrorCode ignored;
  socket_.close(ignored);
  timer_.cancel();
}

// Also while an answer is on its way, to see when the client leaves.
void Connection::read() {
  if (read_pending_ || closed_ || reader_.buffered() >= kReadAhead) return;
  read_pending_ = true;
  socket_.async_read_some(asio::buffer(incoming_),
                          [self = shared_from_this()](const ErrorCode& error, size_t bytes) {
                            self->read_pending_ = false;
                            if (!self->closed_) self->on_read(error, bytes);
                          });
}

void Connection::on_read(const ErrorCode& error, size_t bytes) {
  if (error) {
    if (busy_) service_.on_disconnect();
    return close();
  }
  reader_.append({incoming_.data(), bytes});
  pump();
  read();
}

void Connection::pump() {
  while (!closed_ && !waiting_) {
    if (!busy_ && !next_request()) return;
    if (!progress()) return;
    finish();
  }
}

bool Connection::next_request() {
  if (refused_) return false;
  const HttpRequestReader::Status status = reader_.advance();
  if (status == HttpRequestReader::Status::ready) {
    const HttpRequest request = reader_.take();
    take(service_.answer(request, reader_.keep_alive()));
    return true;
  }
  if (status == HttpRequestReader::Status::refused) {
    refused_ = true;
    take(service_.refuse(reader_.refusal().status, reader_.refusal().message));
    return true;
  }
  if (reader_.take_continue()) {
    ErrorCode ignored;
    socket_.write_some(asio::buffer(std::string_view("HTTP/1.1 100 Continue\r\n\r\n")), ignored);
  }
  return false;
}

void Connection::take(Script script) {
  script_ = std::move(script);
  busy_ = true;
  delayed_ = gap_over_ = false;
  piece_ = sent_ = 0;
}

// False where something has to be waited for.
bool Connection::progress() {
  if (!std::exchange(delayed_, true) && script_.delay > Duration(0)) {
    wait(script_.delay);
    return false;
  }
  while (piece_ < script_.pieces.size()) {
    if (piece_ > 0 && script_.gap > Duration(0) && !std::exchange(gap_over_, true)) {
      wait(script_.gap);
      return false;
    }
    if (!send_piece()) return false;
    script_.pieces[piece_++] = {};
    sent_ = 0;
    gap_over_ = false;
  }
  return true;
}

// Written at once as far as the system takes it: a round through the loop costs as much as the call itself.
bool Connection::send_piece() {
  const std::string& piece = script_.pieces[piece_];
  while (sent_ < piece.size()) {
    ErrorCode error;
    sent_ += socket_.write_some(asio::buffer(piece) + sent_, error);
    if (error == asio::error::would_block) {
      waiting_ = true;
      socket_.async_wait(Tcp::wait_write, [self = shared_from_this()](const ErrorCode& /*error*/) {
        self->waiting_ = false;
        if (!self->closed_) self->pump();
      });
      return false;
    }
    if (error) {
      service_.on_disconnect();
      close();
      return false;
    }
  }
  return true;
}

void Connection::finish() {
  switch (script_.end) {
    case Script::End::keep:
      busy_ = false;
      return;
    case Script::End::stall:
      waiting_ = true;  // for the client to leave
      return;
    case Script::End::reset: {
      ErrorCode ignored;
      socket_.set_option(asio::socket_base::linger(true, 0), ignored);
      return close();
    }
    case Script::End::close:
      return close();
  }
}

void Connection::wait(Duration time) {
  waiting_ = true;
  timer_.expires_after(time);
  timer_.async_wait([self = shared_from_this()](const ErrorCode& error) {
    if (error || self->closed_) return;
    self->waiting_ = false;
    self->pump();
  });
}

}  // namespace ferry::mock
