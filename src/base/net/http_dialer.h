#pragma once
// A TCP connection to whichever of some addresses answers first: each is tried in its turn, the next one as
// soon as one fails or has not answered for a quarter of a second (a simple form of RFC 8305). Includes Asio,
// so only this room's .cpp files include it.

#include <functional>
#include <memory>
#include <utility>  // before Asio: see http_connection.h
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

namespace ferry {

class HttpDialer : public std::enable_shared_from_this<HttpDialer> {
 public:
  using ErrorCode = boost::system::error_code;
  using Tcp = boost::asio::ip::tcp::socket;
  using Done = std::function<void(const ErrorCode& error, Tcp socket)>;

  // The thread that runs `io` calls everything. `addresses` must not be empty.
  HttpDialer(boost::asio::io_context& io, std::vector<boost::asio::ip::address> addresses, uint16_t port);

  // `done` gets a socket with TCP_NODELAY, or the last address's error. Never within this call, nor after
  // cancel().
  void start(Done done);
  void cancel();

 private:
  void try_next();
  void on_connect(size_t attempt, const ErrorCode& error);
  void finish(const ErrorCode& error, Tcp socket);

  boost::asio::io_context& io_;
  std::vector<boost::asio::ip::address> addresses_;
  const uint16_t port_;
  Done done_;
  boost::asio::steady_timer timer_;
  std::vector<Tcp> attempts_;  // one for each address that has been tried
  size_t pending_ = 0;
};

}  // namespace ferry
