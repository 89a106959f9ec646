#pragma once
// For tests of clients: a server that does to each connection exactly what a script says, and a sink that
// waits.

#include <atomic>
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/net/http_pool.h"

namespace ferry {

// The server's end of one connection.
class RawPeer {
 public:
  RawPeer(int fd, int number) : fd_(fd), number_(number) {}

  int number() const { return number_; }  // of the connection, from 1

  // One request: its head, and so much of its body as Content-Length says; empty when the connection ends
  // before.
  std::string read_request() {
    size_t end = 0;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
      if (!receive()) return {};
    }
    size_t size = end + 4;
    const size_t length = received_.find("Content-Length: ");
    if (length < end) size += std::stoul(received_.substr(length + 16));
    while (received_.size() < size) {
      if (!receive()) return {};
    }
    std::string request = received_.substr(0, size);
    received_.erase(0, size);
    return request;
  }
  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      sent_ += static_cast<size_t>(sent);
      text.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  size_t sent() const { return sent_; }
  // Until the other end closes.
  void wait_for_end() {
    while (receive()) {
    }
  }
  // Closes with a reset.
  void reset() {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  // The bytes as they are.
  bool receive() {
    char piece[16384];
    const ssize_t got = ::recv(fd_, piece, sizeof piece, 0);
    if (got > 0) received_.append(piece, static_cast<size_t>(got));
    return got > 0;
  }
  std::string& received() { return received_; }
  int fd() const { return fd_; }

 private:
  const int fd_;
  const int number_;
  std::string received_;
  std::atomic<size_t> sent_ = 0;
};

// Runs the script for each connection on a thread of its own, and closes the connection after it.
class RawServer {
 public:
  using Script = std::function<void(RawPeer& peer)>;

  explicit RawServer(Script script)
      : script_(std::move(script)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 1024), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept(); });
  }
  ~RawServer() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    {
      const std::lock_guard lock(mutex_);
      for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    for (std::thread& thread : threads_) thread.join();
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  uint16_t port() const { return port_; }
  std::string url(std::string_view scheme = "http") const {
    return fmt::format("{}://127.0.0.1:{}", scheme, port_);
  }
  int accepted() const { return accepted_; }

 private:
  void accept() {
    for (;;) {
      const int fd = ::accept(listener_, nullptr, nullptr);
      if (fd < 0) return;
      const std::lock_guard lock(mutex_);
      open_.push_back(fd);
      threads_.emplace_back([this, fd, number = ++accepted_] {
        RawPeer peer(fd, number);
        script_(peer);
        const std::lock_guard closing(mutex_);
        open_.remove(fd);
        ::close(fd);
      });
    }
  }

  const Script script_;
  const int listener_;
  uint16_t port_ = 0;
  std::atomic<int> accepted_ = 0;
  std::mutex mutex_;
  std::list<int> open_;             // guarded by mutex_
  std::list<std::thread> threads_;  // guarded by mutex_ while the acceptor runs
  std::thread acceptor_;
};

// What a call came to. Any thread may wait for it.
class TestSink final : public HttpCallSink {
 public:
  void on_head(HttpResponseHead head) override {
    const std::lock_guard lock(mutex_);
    EXPECT_FALSE(head_ || over_);
    head_ = std::move(head);
    thread_ = std::this_thread::get_id();
    changed_.notify_all();
  }
  void on_body(std::string_view piece) override {
    {
      const std::lock_guard lock(mutex_);
      EXPECT_TRUE(head_ && !over_ && !piece.empty());
      body_.append(piece);
      changed_.notify_all();
    }
    if (on_piece) on_piece();
  }
  void on_end() override { finish(std::nullopt); }
  void on_error(const HttpCallFailure& failure) override { finish(failure); }

  // Nothing where the call succeeded.
  std::optional<HttpCallFailure> wait() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20), [this] { return over_; }));
    return failure_;
  }
  void wait_for_head() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20), [this] { return head_ || over_; }));
  }
  void wait_for_body(size_t bytes) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(
        changed_.wait_for(lock, std::chrono::seconds(20), [&] { return body_.size() >= bytes || over_; }));
  }
  bool over() {
    const std::lock_guard lock(mutex_);
    return over_;
  }
  size_t body_bytes() {
    const std::lock_guard lock(mutex_);
    return body_.size();
  }
  // After wait().
  const HttpResponseHead& head() const { return *head_; }
  bool has_head() const { return head_.has_value(); }
  const std::string& body() const { return body_; }
  std::thread::id thread() const { return thread_; }

  std::function<void()> on_piece;  // on the network thread
  std::function<void()> on_over;   // the same

 private:
  void finish(std::optional<HttpCallFailure> failure) {
    {
      const std::lock_guard lock(mutex_);
      EXPECT_FALSE(over_);
      over_ = true;
      failure_ = std::move(failure);
      thread_ = std::this_thread::get_id();
    }
    if (on_over) on_over();
    // Under the lock: who waits may destroy this right after.
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<HttpResponseHead> head_;
  std::string body_;
  std::optional<HttpCallFailure> failure_;
  bool over_ = false;
  std::thread::id thread_;
};

// Answers every request of a connection with its number and the request's first line.
inline void answer_all(RawPeer& peer) {
  for (std::string request; !(request = peer.read_request()).empty();) {
    const std::string body = fmt::format("{} {}", peer.number(), request.substr(0, request.find("\r\n")));
    peer.send(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.size(), body));
  }
}

// Threads, a pool on them, and calls through it.
struct TestPool {
  explicit TestPool(int thread_count = 1, HttpPoolSettings settings = {})
      : threads(thread_count), pool(std::make_unique<HttpPool>(threads, std::move(settings))) {}

  std::shared_ptr<const HttpOrigin> origin(const HttpOriginSettings& settings) {
    auto made = pool->origin(settings);
    EXPECT_TRUE(made) << made.error().message;
    return made.value();
  }
  HttpPoolCall call_to(const std::string& url, std::string target = "/") {
    return call(HttpOriginSettings{.url = url}, std::move(target));
  }
  HttpPoolCall call(const HttpOriginSettings& settings, std::string target = "/") {
    HttpPoolCall made;
    made.origin = origin(settings);
    made.method = "GET";
    made.target = std::move(target);
    return made;
  }
  // Sends and waits.
  std::shared_ptr<TestSink> run(HttpPoolCall asked) {
    auto sink = std::make_shared<TestSink>();
    pool->send(std::move(asked), sink);
    sink->wait();
    return sink;
  }
  // The failure's kind; nothing where there is none.
  std::optional<HttpFailure> failure(HttpPoolCall asked) {
    const auto failed = run(std::move(asked))->wait();
    return failed ? std::optional(failed->kind) : std::nullopt;
  }

  NetThreads threads;
  std::unique_ptr<HttpPool> pool;
};

inline void PrintTo(HttpFailure kind, std::ostream* out) {
  *out << to_string(kind);
}

}  // namespace ferry
