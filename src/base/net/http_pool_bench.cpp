// What a call through the pool costs, beside what the machine can do at best: the same bytes over a bare
// socket. The server runs in a process of its own, so that the CPU time shown is the client's.

#include <csignal>
#include <latch>
#include <string>

#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/net/http_pool.h"
#include "base/net/http_server.h"

namespace ferry {
namespace {

const std::string& answer() {
  static const std::string text(400, 'x');
  return text;
}

class ServerProcess {
 public:
  ServerProcess() {
    int ends[2];
    FERRY_CHECK(::pipe(ends) == 0);
    child_ = ::fork();
    FERRY_CHECK(child_ >= 0);
    if (child_ == 0) serve(ends[1]);
    FERRY_CHECK(::read(ends[0], &port_, sizeof port_) == sizeof port_);
    ::close(ends[0]);
    ::close(ends[1]);
  }
  ~ServerProcess() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  uint16_t port() const { return port_; }

 private:
  [[noreturn]] static void serve(int pipe) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const auto handler = [](const std::shared_ptr<HttpExchange>& exchange) {
      exchange->respond(200, "application/json", answer());
    };
    HttpServerSettings settings;
    settings.port = 0;
    const auto server = HttpServer::start(settings, handler).value();
    const uint16_t port = server->port();
    FERRY_CHECK(::write(pipe, &port, sizeof port) == sizeof port);
    for (;;) ::pause();
  }

  pid_t child_ = 0;
  uint16_t port_ = 0;
};

HttpPoolCall chat_call(std::shared_ptr<const HttpOrigin> origin) {
  HttpPoolCall call;
  call.origin = std::move(origin);
  call.target = "/v1/chat/completions";
  call.headers = {{"Content-Type", "application/json"},
                  {"Authorization", "Bearer sk-0123456789abcdef0123456789abcdef"},
                  {"Accept", "application/json"}};
  call.body = std::make_shared<const std::string>(1024, 'x');
  return call;
}

// Sends a call as soon as the one before has ended, on one network thread.
class Loop final : public HttpCallSink, public std::enable_shared_from_this<Loop> {
 public:
  Loop(HttpPool& pool, HttpPoolCall call, int64_t count, std::latch& done)
      : pool_(pool), call_(std::move(call)), left_(count), done_(done) {}

  void next() { pool_.send(call_, shared_from_this()); }
  void on_head(HttpResponseHead head) override { FERRY_CHECK(head.status == 200); }
  void on_body(std::string_view piece) override { bytes_ += piece.size(); }
  void on_end() override {
    if (--left_ > 0) return next();
    done_.count_down();
  }
  void on_error(const HttpCallFailure& failure) override {
    fprintf(stderr, "%s\n", failure.message.c_str());
    std::abort();
  }

 private:
  HttpPool& pool_;
  const HttpPoolCall call_;
  int64_t left_;
  size_t bytes_ = 0;
  std::latch& done_;
};

// range: how many calls run at once.
void BM_HttpPoolCall(benchmark::State& state) {
  const ServerProcess server;
  NetThreads threads(1);
  HttpPool pool(threads, {});
  const HttpPoolCall call =
      chat_call(pool.origin({.url = fmt::format("http://127.0.0.1:{}", server.port())}).value());
  constexpr int64_t kCalls = 2000;
  for (auto _ : state) {
    std::latch done(state.range(0));
    threads.post(0, [&] {
      for (int64_t i = 0; i < state.range(0); ++i) {
        std::make_shared<Loop>(pool, call, kCalls / state.range(0), done)->next();
      }
    });
    done.wait();
  }
  state.SetItemsProcessed(state.iterations() * kCalls);
  state.counters["cpu_per_call"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * kCalls,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(BM_HttpPoolCall)->Arg(1)->Arg(16)->Arg(256)->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);

// The same bytes, one blocking write and read for each call.
void BM_BareSocket(benchmark::State& state) {
  const ServerProcess server;
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  FERRY_CHECK(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const std::string request = fmt::format(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
      "Authorization: Bearer sk-0123456789abcdef0123456789abcdef\r\nAccept: application/json\r\n"
      "Content-Length: 1024\r\n\r\n{}",
      std::string(1024, 'x'));
  constexpr int64_t kCalls = 2000;
  for (auto _ : state) {
    for (int64_t i = 0; i < kCalls; ++i) {
      FERRY_CHECK(::send(fd, request.data(), request.size(), 0) == static_cast<ssize_t>(request.size()));
      std::string received;
      while (!received.ends_with(answer())) {
        char piece[4096];
        const ssize_t got = ::recv(fd, piece, sizeof piece, 0);
        FERRY_CHECK(got > 0);
        received.append(piece, static_cast<size_t>(got));
      }
    }
  }
  ::close(fd);
  state.SetItemsProcessed(state.iterations() * kCalls);
  state.counters["cpu_per_call"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * kCalls,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(BM_BareSocket)->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ferry
