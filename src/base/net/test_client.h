#pragma once
// For tests of the HTTP server: a client of raw bytes, and handlers that leave an exchange to the test.

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/net/http_server.h"

namespace ferry {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A client that sends exactly the bytes it is told to.
class RawClient {
 public:
  explicit RawClient(uint16_t port, int receive_buffer = 0) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  void half_close() { ::shutdown(fd_, SHUT_WR); }

  void send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      text.remove_prefix(static_cast<size_t>(sent));
    }
  }

  // Receives until `text` has come `times` times, or the end; what came in all.
  std::string read_until(std::string_view text, size_t times = 1, milliseconds timeout = seconds(10)) {
    while (count(text) < times && receive(timeout)) {
    }
    return received_;
  }
  // Everything up to the end of the connection; `ended` is false when that did not come in time.
  std::string read_all(milliseconds timeout = seconds(10)) {
    while (receive(timeout)) {
    }
    return received_;
  }
  bool ended() const { return ended_; }
  int fd() const { return fd_; }
  bool was_reset() const { return reset_; }

 private:
  size_t count(std::string_view text) const {
    size_t n = 0;
    for (size_t at = received_.find(text); at != std::string::npos; at = received_.find(text, at + 1)) ++n;
    return n;
  }
  bool receive(milliseconds timeout) {
    pollfd entry{fd_, POLLIN, 0};
    if (::poll(&entry, 1, static_cast<int>(timeout.count())) <= 0) return false;
    char piece[65536];
    const ssize_t got = ::recv(fd_, piece, sizeof piece, 0);
    ended_ = got <= 0;
    reset_ = got < 0;
    if (got > 0) received_.append(piece, static_cast<size_t>(got));
    return got > 0;
  }

  int fd_;
  std::string received_;
  bool ended_ = false;
  bool reset_ = false;
};

inline HttpServerSettings on_any_port() {
  HttpServerSettings settings;
  settings.port = 0;
  return settings;
}

inline std::unique_ptr<HttpServer> serve(HttpHandler handler,
                                         const HttpServerSettings& settings = on_any_port()) {
  auto server = HttpServer::start(settings, std::move(handler));
  EXPECT_TRUE(server) << server.error().message;
  return *std::move(server);
}

// Answers with method, path and body.
inline void echo(const std::shared_ptr<HttpExchange>& exchange) {
  const HttpRequest& r = exchange->request();
  exchange->respond(200, "text/plain", r.method + " " + r.path + " [" + r.body + "]");
}

inline std::string get(std::string_view path) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: h\r\n\r\n", path);
}

// What the handler leaves for another thread, or for the test.
class Mailbox {
 public:
  void put(std::shared_ptr<HttpExchange> exchange) {
    const std::lock_guard lock(mutex_);
    exchanges_.push_back(std::move(exchange));
    came_.notify_all();
  }
  std::shared_ptr<HttpExchange> take() {
    std::unique_lock lock(mutex_);
    if (!came_.wait_for(lock, seconds(10), [this] { return !exchanges_.empty(); })) return nullptr;
    auto exchange = std::move(exchanges_.front());
    exchanges_.erase(exchanges_.begin());
    return exchange;
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<std::shared_ptr<HttpExchange>> exchanges_;
};

// A flag that another thread raises.
class Signal {
 public:
  void raise() {
    const std::lock_guard lock(mutex_);
    raised_ = true;
    changed_.notify_all();
  }
  bool wait(milliseconds timeout = seconds(10)) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, timeout, [this] { return raised_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool raised_ = false;
};

}  // namespace ferry
