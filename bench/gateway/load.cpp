// A load generator for gateways, on one thread:
//
//   load --port N --bodies FILE --seconds S [--rate R] [--connections C] [--requests N] [--header 'name:
//   value']
//        [--path P] [--end-mark TEXT]
//
// With --rate the loop is open: request i is due at i/R seconds, whatever became of those before, and its
// latency counts from then. A gateway that stalls, or a generator that is late, is so seen in every request
// that had to wait (no coordinated omission). Without --rate each of C connections sends its next request
// when it has the last answer, and latency counts from the sending.
//
// FILE has one request body on each line; they are sent in turn. An answer counts as good when it is whole,
// its status is 200 and, with --end-mark, its last bytes contain that text. Prints one JSON object.

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_response.h"

namespace bench {
namespace {

using Nanoseconds = int64_t;

constexpr Nanoseconds kSecond = 1'000'000'000;
constexpr Nanoseconds kDrain = 30 * kSecond;  // how long answers may take after the last request
constexpr uint64_t kMostErrors = 10'000;      // nobody is there: it is no use to go on

Nanoseconds now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "load: %s\n", what.c_str());
  std::exit(2);
}

struct Options {
  uint16_t port = 0;
  std::string path = "/v1/chat/completions";
  std::string end_mark;
  std::vector<std::string> headers;
  std::string bodies;
  double rate = 0;  // requests per second; 0: closed loop
  double seconds = 0;
  uint64_t requests = UINT64_MAX;
  size_t connections = 64;
};

struct Connection {
  explicit Connection(std::string_view end_mark) : response(end_mark) {}

  int fd = -1;
  bool idle = true;
  bool wants_write = false;
  std::string_view unsent;
  Nanoseconds due = 0;
  Nanoseconds sent = 0;
  HttpResponse response;
};

struct Tally {
  std::vector<Nanoseconds> latency;   // of good answers: from when they were due
  std::vector<Nanoseconds> lateness;  // how late requests were sent
  uint64_t sent = 0;
  uint64_t body_bytes = 0;
  std::map<std::string, uint64_t> errors;
  Nanoseconds last = 0;  // when the last answer had come
};

class Load {
 public:
  explicit Load(Options options);
  void run();
  void print() const;

 private:
  void connect(Connection& connection);
  void send_due(Nanoseconds time);
  void send(Connection& connection, Nanoseconds due);
  void write(Connection& connection);
  void read(Connection& connection);
  void answered(Connection& connection);
  void failed(Connection& connection, const char* why);
  void watch(Connection& connection, bool for_write);
  void wait(Nanoseconds until);
  bool may_send(Nanoseconds time) const;
  Nanoseconds due_at(uint64_t i) const {
    return began_ + static_cast<Nanoseconds>(static_cast<double>(i) * 1e9 / options_.rate);
  }

  Options options_;
  std::vector<std::string> requests_;  // head and body
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> idle_;  // the one used last is used next
  int epoll_ = -1;
  Nanoseconds began_ = 0;
  Nanoseconds end_ = 0;
  uint64_t errors_ = 0;
  size_t running_ = 0;
  Tally tally_;
};

Load::Load(Options options) : options_(std::move(options)), epoll_(::epoll_create1(0)) {
  std::ifstream file(options_.bodies);
  for (std::string body; std::getline(file, body);) {
    std::string request =
        "POST " + options_.path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(options_.port) +
        "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
    for (const std::string& header : options_.headers) request += header + "\r\n";
    requests_.push_back(request + "\r\n" + body);
  }
  if (requests_.empty()) die("no request bodies in " + options_.bodies);
  // In an open loop further connections are opened when they are needed.
  const size_t first = options_.rate > 0 ? std::min<size_t>(4, options_.connections) : options_.connections;
  for (size_t i = 0; i < first; ++i) {
    connections_.push_back(std::make_unique<Connection>(options_.end_mark));
    connect(*connections_.back());
    idle_.push_back(connections_.back().get());
  }
}

void Load::connect(Connection& connection) {
  connection.fd = ::socket(AF_INET, SOCK_STREAM, 0);
  if (connection.fd < 0) die(std::string("socket: ") + std::strerror(errno));
  sockaddr_in address{.sin_family = AF_INET,
                      .sin_port = htons(options_.port),
                      .sin_addr = {htonl(INADDR_LOOPBACK)},
                      .sin_zero = {}};
  if (::connect(connection.fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    die("no connection to port " + std::to_string(options_.port) + ": " + std::strerror(errno));
  }
  const int on = 1;
  ::setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  ::fcntl(connection.fd, F_SETFL, O_NONBLOCK);
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &connection}};
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
  connection.wants_write = false;
}

void Load::watch(Connection& connection, bool for_write) {
  if (connection.wants_write == for_write) return;
  connection.wants_write = for_write;
  epoll_event event{.events = EPOLLIN | (for_write ? static_cast<uint32_t>(EPOLLOUT) : 0U),
                    .data = {.ptr = &connection}};
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
}

bool Load::may_send(Nanoseconds time) const {
  if (tally_.sent >= options_.requests || errors_ > kMostErrors) return false;
  return options_.rate > 0 ? due_at(tally_.sent) < end_ : time < end_;
}

void Load::run() {
  began_ = now();
  end_ = began_ + static_cast<Nanoseconds>(options_.seconds * 1e9);
  for (;;) {
    const Nanoseconds time = now();
    send_due(time);
    const bool more = may_send(time);
    if (!more && running_ == 0) break;
    if (!more && time > end_ + kDrain) break;
    if (!more || options_.rate == 0 || (idle_.empty() && connections_.size() == options_.connections)) {
      wait(time + kSecond / 10);
    } else {
      wait(due_at(tally_.sent));
    }
  }
  if (running_ > 0) tally_.errors["no answer"] += running_;
}

void Load::send_due(Nanoseconds time) {
  while (may_send(time) && (options_.rate == 0 || due_at(tally_.sent) <= time)) {
    if (idle_.empty()) {
      if (connections_.size() >= options_.connections) return;
      connections_.push_back(std::make_unique<Connection>(options_.end_mark));
      connect(*connections_.back());
      idle_.push_back(connections_.back().get());
    }
    Connection& connection = *idle_.back();
    idle_.pop_back();
    send(connection, options_.rate > 0 ? due_at(tally_.sent) : now());
  }
}

void Load::send(Connection& connection, Nanoseconds due) {
  connection.idle = false;
  connection.due = due;
  connection.sent = now();
  connection.unsent = requests_[tally_.sent % requests_.size()];
  connection.response.begin();
  ++tally_.sent;
  ++running_;
  write(connection);
}

void Load::write(Connection& connection) {
  while (!connection.unsent.empty()) {
    const ssize_t n = ::send(connection.fd, connection.unsent.data(), connection.unsent.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EAGAIN) return watch(connection, true);
    if (n < 0) return failed(connection, "cut");
    connection.unsent.remove_prefix(static_cast<size_t>(n));
  }
  watch(connection, false);
}

void Load::read(Connection& connection) {
  static std::array<char, 256 * 1024> buffer;
  const ssize_t n = ::recv(connection.fd, buffer.data(), buffer.size(), 0);
  if (n < 0 && errno == EAGAIN) return;
  if (connection.idle) {  // the server closes what it keeps no longer
    ::close(connection.fd);
    connect(connection);
    return;
  }
  using State = HttpResponse::State;
  const State state =
      n > 0 ? connection.response.take({buffer.data(), static_cast<size_t>(n)}) : connection.response.close();
  if (state == State::broken) return failed(connection, "cut");
  if (state == State::whole) answered(connection);
}

void Load::answered(Connection& connection) {
  const Nanoseconds time = now();
  if (connection.response.status() == 200) {
    tally_.latency.push_back(time - connection.due);
    tally_.lateness.push_back(connection.sent - connection.due);
    tally_.body_bytes += connection.response.body_bytes();
    tally_.last = time;
  } else {
    ++errors_;
    ++tally_.errors["status " + std::to_string(connection.response.status())];
  }
  --running_;
  connection.idle = true;
  idle_.push_back(&connection);
  if (connection.response.keep_alive()) return;
  ::close(connection.fd);
  connect(connection);
}

void Load::failed(Connection& connection, const char* why) {
  ++errors_;
  ++tally_.errors[why];
  --running_;
  connection.idle = true;
  connection.unsent = {};
  idle_.push_back(&connection);
  ::close(connection.fd);
  connect(connection);
}

void Load::wait(Nanoseconds until) {
  std::array<epoll_event, 256> events;
  const Nanoseconds left = std::max<Nanoseconds>(0, until - now());
  const timespec timeout{.tv_sec = left / kSecond, .tv_nsec = left % kSecond};
  const int n = ::epoll_pwait2(epoll_, events.data(), events.size(), &timeout, nullptr);
  for (int i = 0; i < n; ++i) {
    Connection& connection = *static_cast<Connection*>(events[static_cast<size_t>(i)].data.ptr);
    const uint32_t what = events[static_cast<size_t>(i)].events;
    if ((what & EPOLLOUT) != 0 && connection.wants_write) write(connection);
    if ((what & ~static_cast<uint32_t>(EPOLLOUT)) != 0) read(connection);
  }
}

void print_quantiles(const char* name, std::vector<Nanoseconds> values) {
  std::sort(values.begin(), values.end());
  // The smallest value that at least this share does not exceed.
  const auto at = [&](double share) {
    if (values.empty()) return 0.0;
    const auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(values.size())));
    return static_cast<double>(values[std::max<size_t>(rank, 1) - 1]) / 1000;
  };
  std::printf(R"("%s": {"p50": %.1f, "p90": %.1f, "p99": %.1f, "p999": %.1f, "max": %.1f})", name, at(0.5),
              at(0.9), at(0.99), at(0.999), at(1));
}

void Load::print() const {
  const double seconds = static_cast<double>(tally_.last - began_) / 1e9;
  const auto good = static_cast<double>(tally_.latency.size());
  std::printf(R"({"sent": %llu, "good": %zu, "seconds": %.3f, "per_second": %.1f, "body_bytes": %llu, )",
              static_cast<unsigned long long>(tally_.sent), tally_.latency.size(), seconds,
              good > 0 ? good / seconds : 0, static_cast<unsigned long long>(tally_.body_bytes));
  print_quantiles("latency_us", tally_.latency);
  std::printf(", ");
  print_quantiles("lateness_us", tally_.lateness);
  std::printf(R"(, "errors": {)");
  const char* comma = "";
  for (const auto& [what, count] : tally_.errors) {
    std::printf(R"(%s"%s": %llu)", comma, what.c_str(), static_cast<unsigned long long>(count));
    comma = ", ";
  }
  std::printf("}}\n");
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    if (i + 1 == argc) die(name + " has no value");
    const char* value = argv[i + 1];
    if (name == "--port")
      options.port = static_cast<uint16_t>(std::atoi(value));
    else if (name == "--path")
      options.path = value;
    else if (name == "--end-mark")
      options.end_mark = value;
    else if (name == "--header")
      options.headers.emplace_back(value);
    else if (name == "--bodies")
      options.bodies = value;
    else if (name == "--rate")
      options.rate = std::atof(value);
    else if (name == "--seconds")
      options.seconds = std::atof(value);
    else if (name == "--requests")
      options.requests = std::strtoull(value, nullptr, 10);
    else if (name == "--connections")
      options.connections = std::strtoull(value, nullptr, 10);
    else
      die("unknown flag " + name);
  }
  if (options.port == 0 || options.bodies.empty() || options.seconds <= 0 || options.connections == 0) {
    die("--port, --bodies, --seconds and --connections are needed");
  }
  return options;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  ::prctl(PR_SET_TIMERSLACK, 1UL);  // requests are sent when they are due, not up to 50 µs later
  bench::Load load(bench::parse(argc, argv));
  load.run();
  load.print();
}
