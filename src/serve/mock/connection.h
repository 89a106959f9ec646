#pragma once
// One connection of the mock upstream, on one network thread: reads requests, puts scripts on the wire. Apart
// from the server that the gateway uses, for it does what that one must never do. Includes Asio: for this
// room's .cpp files.

#include <array>
#include <memory>
#include <utility>  // first: Boost 1.81 with g++ 12 needs it

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/net/http_request_reader.h"
#include "serve/mock/service.h"

namespace ferry::mock {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Tcp = boost::asio::ip::tcp::socket;

  Connection(Tcp socket, Service& service);

  // On the thread of the socket, as all that follows.
  void start();
  void close();

 private:
  using ErrorCode = boost::system::error_code;

  void read();
  void on_read(const ErrorCode& error, size_t bytes);
  void pump();
  bool next_request();
  void take(Script script);
  bool progress();
  bool send_piece();
  void finish();
  void wait(Duration time);

  Tcp socket_;
  Service& service_;
  HttpRequestReader reader_;
  boost::asio::steady_timer timer_;
  std::array<char, 16384> incoming_;
  Script script_;
  bool busy_ = false;      // the script runs
  bool delayed_ = false;   // its delay is over
  bool gap_over_ = false;  // before the next piece
  size_t piece_ = 0;
  size_t sent_ = 0;       // of the piece
  bool waiting_ = false;  // for the timer or the socket
  bool read_pending_ = false;
  bool refused_ = false;
  bool closed_ = false;
};

}  // namespace ferry::mock
