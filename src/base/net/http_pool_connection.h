#pragma once
// One connection of a pool, from its first call to its last: a small state machine of callbacks on one
// thread. Includes Asio, so only this room's .cpp files include it.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>  // before Asio: see http_connection.h
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/net/http_call_state.h"
#include "base/net/http_response_reader.h"
#include "base/net/http_socket.h"

namespace ferry {

class HttpPoolConnection : public std::enable_shared_from_this<HttpPoolConnection> {
 public:
  using Clock = std::chrono::steady_clock;
  using Call = std::shared_ptr<HttpCallState>;

  HttpPoolConnection(boost::asio::io_context& io, HttpPoolShard& shard,
                     std::shared_ptr<const HttpOrigin> origin, std::unique_ptr<HttpSocket> socket);

  const std::shared_ptr<const HttpOrigin>& origin() const { return origin_; }

  // Of a kept one: nothing has come since its last response, not even its end. What came unasked would be
  // taken for the answer to the next request.
  bool is_quiet();
  // Sends the call's request and hands its response on. There must be none on it.
  void take(const Call& call);
  // The call's reading goes on after a pause.
  void resume();
  // Ends the call, if there is one, and the connection.
  void fail(HttpFailure kind, std::string_view what);
  // `again`: a call that was on it and goes on another.
  void close(const Call& again = nullptr);

 private:
  using ErrorCode = boost::system::error_code;

  void write();
  void on_written(const ErrorCode& error, size_t bytes);
  void read();
  void on_read(const ErrorCode& error, size_t bytes);
  void on_stream_end(const ErrorCode& error);
  bool is_stale() const;
  void advance();
  void finish();
  HttpRequestProgress progress() const;
  bool request_sent() const { return written_ == head_.size() + body_size(); }
  size_t body_size() const;
  boost::asio::const_buffer unwritten() const;
  Call let_go();

  Clock::time_point deadline() const;
  void watch();
  void on_timer();

  HttpPoolShard& shard_;
  const std::shared_ptr<const HttpOrigin> origin_;
  const std::unique_ptr<HttpSocket> socket_;
  HttpResponseReader reader_;
  std::vector<char> buffer_;
  std::string_view incoming_;  // of buffer_: received, not read yet
  std::string head_;           // of the request; a small body follows it right there
  bool body_is_apart_ = false;
  size_t written_ = 0;  // of head and body
  bool reused_ = false;
  bool closed_ = false;
  bool read_pending_ = false;
  bool write_pending_ = false;
  bool was_paused_ = false;
  Call call_;

  boost::asio::steady_timer timer_;
  bool timer_pending_ = false;
  Clock::time_point since_;  // the beginning of what is waited for: a response, its next byte, or a call
  std::chrono::nanoseconds idle_timeout_;
};

}  // namespace ferry
