#pragma once
// One connection of the server: a small state machine of callbacks on one thread. Includes Asio, so only
// http_connection.cpp and http_server.cpp include it.

#include <array>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <utility>  // first: Boost 1.81 with g++ 12 needs it

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/net/http_outbox.h"
#include "base/net/http_request_reader.h"
#include "base/net/http_server.h"
#include "base/net/http_socket.h"

namespace ferry {

class HttpConnection;

// What a server has at hand, over all its threads. Any thread may use it.
class HttpLoad {
 public:
  // Connections, from accept to close.
  int open() const;
  int add_connection();  // how many there are now
  void remove_connection();
  // Exchanges, until the socket has taken all of the response.
  void begin_exchange();
  void end_exchange();

  // False when the time was too short.
  bool wait_until_idle(Duration most);    // no exchange
  bool wait_until_closed(Duration most);  // no connection

 private:
  mutable std::mutex mutex_;
  std::condition_variable less_;
  int connections_ = 0;  // guarded by mutex_
  int exchanges_ = 0;    // guarded by mutex_
};

enum class HttpPhase : uint8_t {
  serving,
  draining,  // a connection ends with its next response
  stopping,  // and where none is being made, at once
};

// What the connections of one thread share. Used on that thread only, but for `io` and `load`.
struct HttpWorker {
  HttpWorker(boost::asio::io_context& thread_io, const HttpServerSettings& server_settings,
             const HttpHandler& server_handler, const HttpRefusalWriter& writer, HttpLoad& server_load)
      : io(thread_io),
        settings(server_settings),
        handler(server_handler),
        refusals(writer),
        load(server_load) {}

  boost::asio::io_context& io;
  const HttpServerSettings& settings;
  const HttpHandler& handler;
  const HttpRefusalWriter& refusals;
  HttpLoad& load;
  std::unordered_set<std::shared_ptr<HttpConnection>> connections;
  HttpPhase phase = HttpPhase::serving;
};

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  // `tls` is null for plain HTTP.
  HttpConnection(boost::asio::ip::tcp::socket socket, std::shared_ptr<TlsContext> tls, HttpWorker& worker);

  // The first call, on the worker's thread. `refused`: answer 503 and close.
  void start(bool refused);
  // The worker's phase has changed.
  void on_phase();
  // Closes at once, with a reset, so that the client cannot take what it got for the whole.
  void cut();

 private:
  using ErrorCode = boost::system::error_code;

  void on_handshake(const ErrorCode& error);
  void read();
  void on_read(const ErrorCode& error, size_t bytes);
  void read_ahead();
  void advance();
  void dispatch();
  void end_exchange();
  void refuse(const HttpRefusal& refusal);
  void flush();
  void send();
  void on_sent(const ErrorCode& error, size_t bytes);
  void on_all_sent();
  void linger();
  void close();

  void arm(boost::asio::steady_timer& timer, Duration timeout, void (HttpConnection::*expired)());
  void disarm(boost::asio::steady_timer& timer);
  void arm_read_timer(HttpRequestReader::Status status);
  void on_read_timeout();

  HttpSocket socket_;
  HttpWorker& worker_;
  boost::asio::steady_timer read_timer_;
  boost::asio::steady_timer write_timer_;
  std::string remote_address_;
  HttpRequestReader reader_;
  HttpRequestReader::Status reading_ = HttpRequestReader::Status::idle;  // what read_timer_ is armed for
  std::array<char, 8192> incoming_;
  std::string queued_;                  // of the connection's own: refusals, 100 Continue
  std::string outgoing_;                // untouched while a write is pending
  size_t sent_ = 0;                     // of outgoing_
  std::shared_ptr<HttpOutbox> outbox_;  // of the exchange that runs
  bool response_ended_ = false;         // all of it is in outgoing_
  bool read_pending_ = false;
  bool write_pending_ = false;
  bool unwelcome_ = false;  // there are too many connections
  bool refusing_ = false;   // the last response is on its way
  bool lingering_ = false;  // all is sent; what still comes is thrown away
  size_t thrown_away_ = 0;
  bool closed_ = false;
};

}  // namespace ferry
