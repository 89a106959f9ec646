#include "base/net/http_server.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ferry {
namespace {

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

HttpServerSettings on_any_port() {
  HttpServerSettings settings;
  settings.port = 0;
  return settings;
}

std::unique_ptr<HttpServer> serve(HttpHandler handler, const HttpServerSettings& settings = on_any_port()) {
  auto server = HttpServer::start(settings, std::move(handler));
  EXPECT_TRUE(server) << server.error().message;
  return *std::move(server);
}

// Answers with method, path and body.
void echo(const std::shared_ptr<HttpExchange>& exchange) {
  const HttpRequest& r = exchange->request();
  exchange->respond(200, "text/plain", r.method + " " + r.path + " [" + r.body + "]");
}

std::string get(std::string_view path) {
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

TEST(HttpServer, AnswersOnAKeptConnection) {
  const auto server = serve(echo);
  EXPECT_EQ(server->url(), fmt::format("http://127.0.0.1:{}", server->port()));
  RawClient client(server->port());
  client.send(get("/one"));
  const std::string first = client.read_until("[]");
  EXPECT_TRUE(first.starts_with("HTTP/1.1 200 OK\r\nDate: ")) << first;
  EXPECT_NE(first.find("\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\nGET /one []"),
            std::string::npos)
      << first;
  client.send(get("/two"));
  EXPECT_NE(client.read_until("[]", 2).find("GET /two []"), std::string::npos);
}

TEST(HttpServer, AnswersEveryByteSplitOfARequest) {
  const auto server = serve(echo);
  const std::string request =
      "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  RawClient client(server->port());
  for (size_t cut = 1; cut < request.size(); ++cut) {
    client.send(request.substr(0, cut));
    std::this_thread::sleep_for(milliseconds(1));
    client.send(request.substr(cut));
    client.read_until("POST /x [hello]", cut);
  }
  RawClient slow(server->port());
  for (const char c : request) slow.send({&c, 1});
  EXPECT_NE(slow.read_until("]").find("POST /x [hello]"), std::string::npos);
}

TEST(HttpServer, AnswersPipelinedRequestsInOrderThoughTheyFinishInAnyOrder) {
  Mailbox mailbox;
  const auto server = serve([&](auto exchange) { mailbox.put(std::move(exchange)); });
  std::thread worker([&] {
    for (int i = 0; i < 20; ++i) {
      auto exchange = mailbox.take();
      std::this_thread::sleep_for(milliseconds(i % 3));
      echo(exchange);
    }
  });
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += get(fmt::format("/{:02}", i));
  RawClient client(server->port());
  client.send(requests);
  const std::string answers = client.read_until("[]", 20);
  worker.join();
  size_t at = 0;
  for (int i = 0; i < 20; ++i) {
    at = answers.find(fmt::format("GET /{:02} []", i), at);
    ASSERT_NE(at, std::string::npos) << i;
  }
}

TEST(HttpServer, HoldsBackAClientThatPipelinesWithoutEnd) {
  Mailbox mailbox;
  const auto server = serve([&](auto exchange) { mailbox.put(std::move(exchange)); });
  RawClient client(server->port());
  std::string requests;
  for (int i = 0; i < 20000; ++i) requests += get("/");
  std::thread sender([&] { client.send(requests); });
  for (int i = 0; i < 20000; ++i) {
    auto exchange = mailbox.take();
    ASSERT_TRUE(exchange) << i;
    exchange->respond(204, "", "");
  }
  sender.join();
  client.read_until("204", 20000);
  EXPECT_FALSE(client.ended());
}

TEST(HttpServer, StreamsChunksFromAnotherThread) {
  Mailbox mailbox;
  const auto server = serve([&](auto exchange) { mailbox.put(std::move(exchange)); });
  RawClient client(server->port());
  client.send(get("/"));
  auto exchange = mailbox.take();
  exchange->begin_stream(200, "text/event-stream", {{"X-Id", "7"}});
  EXPECT_TRUE(exchange->write("data: a\n\n"));
  EXPECT_TRUE(exchange->write(""));  // an empty chunk would end the body
  const std::string begun = client.read_until("data: a");
  EXPECT_NE(begun.find("Transfer-Encoding: chunked\r\nX-Id: 7\r\n\r\n9\r\ndata: a\n\n\r\n"),
            std::string::npos);
  EXPECT_TRUE(exchange->write("data: b\n\n"));
  exchange->end();
  EXPECT_TRUE(client.read_until("0\r\n\r\n").ends_with("9\r\ndata: b\n\n\r\n0\r\n\r\n"));
  client.send(get("/again"));  // the connection goes on after a stream
  exchange = mailbox.take();
  ASSERT_TRUE(exchange);
  echo(exchange);
  EXPECT_NE(client.read_until("GET /again []").find("GET /again []"), std::string::npos);
}

TEST(HttpServer, StreamsToHttp10UntilTheConnectionEnds) {
  const auto server = serve([](auto exchange) {
    exchange->begin_stream(200, "text/plain");
    exchange->write("one ");
    exchange->write("two");
    exchange->end();
  });
  RawClient client(server->port());
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const std::string answer = client.read_all();
  EXPECT_EQ(answer.find("Transfer-Encoding"), std::string::npos);
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\none two"));
  EXPECT_TRUE(client.ended());
}

TEST(HttpServer, KeepsAnHttp10ConnectionOnlyWhenAsked) {
  const auto server = serve(echo);
  RawClient kept(server->port());
  kept.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_NE(kept.read_until("[]").find("Connection: keep-alive"), std::string::npos);
  kept.send("GET /2 HTTP/1.0\r\n\r\n");
  EXPECT_NE(kept.read_all().find("GET /2 []"), std::string::npos);
  EXPECT_TRUE(kept.ended());
}

TEST(HttpServer, SendsNoBodyToHeadNorWith204) {
  const auto server = serve([](auto exchange) {
    if (exchange->request().path == "/none") return exchange->respond(204, "", "");
    if (exchange->request().path == "/whole") return exchange->respond(200, "text/plain", "hello");
    exchange->begin_stream(200, "text/plain");
    exchange->write("hello");
    exchange->end();
  });
  RawClient client(server->port());
  client.send("HEAD /whole HTTP/1.1\r\nHost: h\r\n\r\nHEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n" +
              get("/none") + "GET /whole HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string answers = client.read_all();
  EXPECT_EQ(answers.find("hello"), answers.size() - 5);
  EXPECT_NE(answers.find("Content-Length: 5\r\n\r\nHTTP/1.1 200"), std::string::npos) << answers;
  EXPECT_NE(answers.find("chunked\r\n\r\nHTTP/1.1 204 No Content\r\n"), std::string::npos) << answers;
}

TEST(HttpServer, AsksForTheBodyThatIsHeldBack) {
  const auto server = serve(echo);
  RawClient client(server->port());
  client.send("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  EXPECT_NE(client.read_until("]").find("PUT / [abc]"), std::string::npos);
}

TEST(HttpServer, RefusesAndClosesSoThatNothingIsSmuggled) {
  std::atomic<int> handled = 0;
  const auto server = serve([&](auto exchange) {
    ++handled;
    echo(exchange);
  });
  RawClient client(server->port());
  client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n" + get("/smuggled"));
  const std::string answer = client.read_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 501 Not Implemented\r\n")) << answer;
  EXPECT_NE(answer.find("{\"error\":{\"message\":"), std::string::npos);
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(handled, 0);
}

TEST(HttpServer, TellsTheLimitToAClientThatIsStillSending) {
  HttpServerSettings settings = on_any_port();
  settings.max_body = {1000};
  const auto server = serve(echo, settings);
  RawClient client(server->port());
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2000000\r\n\r\n" + std::string(2000000, 'x'));
  client.half_close();
  const std::string answer = client.read_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 Content Too Large\r\n")) << answer;
  EXPECT_NE(answer.find("larger than 1000 bytes"), std::string::npos);
  EXPECT_FALSE(client.was_reset());  // a reset could overtake the answer
}

TEST(HttpServer, TimesOutSlowHeadersSlowBodiesAndIdleConnections) {
  HttpServerSettings settings = on_any_port();
  settings.header_timeout = settings.body_timeout = settings.idle_timeout = milliseconds(150);
  const auto server = serve(echo, settings);
  RawClient header(server->port()), body(server->port()), idle(server->port()), silent(server->port());
  body.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n");
  idle.send(get("/"));
  idle.read_until("[]");
  std::thread dripping([&] {
    header.send("GET / HTTP/1.1\r\n");
    for (int i = 0; i < 20; ++i) {
      header.send("X");
      std::this_thread::sleep_for(milliseconds(30));
    }
  });
  EXPECT_TRUE(header.read_all().starts_with("HTTP/1.1 408"));
  EXPECT_TRUE(body.read_all().starts_with("HTTP/1.1 408"));
  EXPECT_TRUE(idle.read_all().ends_with("[]"));  // closed without a word
  EXPECT_EQ(silent.read_all().find("200"), std::string::npos);
  dripping.join();
  for (const RawClient* client : {&header, &body, &idle, &silent}) EXPECT_TRUE(client->ended());
}

TEST(HttpServer, DoesNotTimeOutWhileAnAnswerIsPrepared) {
  HttpServerSettings settings = on_any_port();
  settings.header_timeout = settings.body_timeout = settings.idle_timeout = milliseconds(50);
  Mailbox mailbox;
  const auto server = serve([&](auto exchange) { mailbox.put(std::move(exchange)); }, settings);
  RawClient client(server->port());
  client.send(get("/"));
  auto exchange = mailbox.take();
  std::this_thread::sleep_for(milliseconds(200));
  echo(exchange);
  EXPECT_NE(client.read_until("[]").find("200 OK"), std::string::npos);
}

TEST(HttpServer, TellsTheExchangeWhenItsClientLeaves) {
  Mailbox mailbox;
  const auto server = serve([&](auto exchange) { mailbox.put(std::move(exchange)); });
  RawClient client(server->port());
  client.send(get("/"));
  auto exchange = mailbox.take();
  Signal gone;
  exchange->on_disconnect([&] { gone.raise(); });
  exchange->begin_stream(200, "text/plain");
  EXPECT_TRUE(exchange->write("x"));
  client.read_until("x");
  EXPECT_FALSE(exchange->disconnected());
  client.close();
  EXPECT_TRUE(gone.wait());
  EXPECT_TRUE(exchange->disconnected());
  EXPECT_FALSE(exchange->write("y"));
  exchange->end();
  bool at_once = false;
  exchange->on_disconnect([&] { at_once = true; });
  EXPECT_TRUE(at_once);
}

TEST(HttpServer, TellsOfADisconnectBeforeAnythingWasWritten) {
  Mailbox mailbox;
  const auto server = serve([&](auto exchange) { mailbox.put(std::move(exchange)); });
  RawClient client(server->port());
  client.send(get("/"));
  auto exchange = mailbox.take();
  Signal gone;
  exchange->on_disconnect([&] { gone.raise(); });
  client.close();
  EXPECT_TRUE(gone.wait());
  exchange->respond(200, "text/plain", "nobody reads this");
}

TEST(HttpServer, ForgetsTheCallbackWhenTheResponseHasEnded) {
  Mailbox mailbox;
  const auto server = serve([&](auto exchange) { mailbox.put(std::move(exchange)); });
  RawClient client(server->port());
  client.send(get("/"));
  auto exchange = mailbox.take();
  auto owned = std::make_shared<int>(1);
  std::atomic<bool> called = false;
  exchange->on_disconnect([&called, owned] { called = true; });
  echo(exchange);
  EXPECT_EQ(owned.use_count(), 1);
  client.read_until("[]");
  client.close();
  server->stop();
  EXPECT_FALSE(called);
}

TEST(HttpServer, CutsTheConnectionOfAnExchangeThatIsDroppedUnfinished) {
  const auto server = serve([](auto exchange) {
    if (exchange->request().path == "/begun") {
      exchange->begin_stream(200, "text/plain");
      exchange->write("half of it");
    }
  });
  RawClient begun(server->port()), silent(server->port());
  begun.send(get("/begun"));
  silent.send(get("/"));
  EXPECT_EQ(begun.read_all().find("0\r\n\r\n"), std::string::npos);
  EXPECT_EQ(silent.read_all(), "");
  EXPECT_TRUE(begun.ended() && silent.ended());
}

TEST(HttpServer, CutsOffAReaderThatIsTooSlow) {
  HttpServerSettings settings = on_any_port();
  settings.max_buffered = {1 << 20};
  Signal gone;  // outlives the server, whose threads raise it
  Mailbox mailbox;
  const auto server = serve([&](auto exchange) { mailbox.put(std::move(exchange)); }, settings);
  RawClient client(server->port(), 4096);
  client.send(get("/"));
  auto exchange = mailbox.take();
  exchange->on_disconnect([&] { gone.raise(); });
  exchange->begin_stream(200, "text/plain");
  const std::string piece(65536, 'x');
  size_t written = 0, most_buffered = 0;
  while (written < (64u << 20) && exchange->write(piece)) {
    written += piece.size();
    most_buffered = std::max(most_buffered, exchange->buffered_bytes());
  }
  EXPECT_LT(written, 64u << 20);
  EXPECT_GT(most_buffered, 500u << 10);
  EXPECT_LE(most_buffered, (1u << 20) + 1000);
  EXPECT_TRUE(gone.wait());
  client.read_all();
  EXPECT_TRUE(client.was_reset());
}

TEST(HttpServer, CutsOffAReaderThatTakesNothing) {
  HttpServerSettings settings = on_any_port();
  settings.write_timeout = milliseconds(200);
  Signal gone;
  Mailbox mailbox;
  const auto server = serve(
      [&](auto exchange) {
        exchange->on_disconnect([&] { gone.raise(); });
        exchange->begin_stream(200, "text/plain");
        exchange->write(std::string(7 << 20, 'x'));
        mailbox.put(std::move(exchange));
      },
      settings);
  RawClient client(server->port(), 4096);
  client.send(get("/"));
  EXPECT_TRUE(gone.wait());
}

TEST(HttpServer, SendsALargeAnswerWhole) {
  const std::string large(20 << 20, 'x');
  const auto server = serve([&](auto exchange) { exchange->respond(200, "text/plain", large); });
  RawClient client(server->port());
  client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string answer = client.read_all();
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, large.size());
}

TEST(HttpServer, Serves200StreamsWrittenByFourThreads) {
  HttpServerSettings settings = on_any_port();
  settings.threads = 2;
  Mailbox mailbox;
  const auto server = serve([&](auto exchange) { mailbox.put(std::move(exchange)); }, settings);
  constexpr int kStreams = 200, kPieces = 50, kWriters = 4;
  std::vector<std::unique_ptr<RawClient>> clients;
  std::vector<std::shared_ptr<HttpExchange>> exchanges;
  for (int i = 0; i < kStreams; ++i) {
    clients.push_back(std::make_unique<RawClient>(server->port()));
    clients.back()->send(get("/"));
  }
  for (int i = 0; i < kStreams; ++i) {
    exchanges.push_back(mailbox.take());
    ASSERT_TRUE(exchanges.back());
    exchanges.back()->begin_stream(200, "text/plain");
  }
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      for (int piece = 0; piece < kPieces; ++piece) {
        for (int i = w; i < kStreams; i += kWriters) exchanges[i]->write(fmt::format("<{:02}>", piece));
      }
      for (int i = w; i < kStreams; i += kWriters) exchanges[i]->end();
    });
  }
  for (std::thread& writer : writers) writer.join();
  std::string expected;
  for (int piece = 0; piece < kPieces; ++piece) expected += fmt::format("4\r\n<{:02}>\r\n", piece);
  for (auto& client : clients) {
    EXPECT_TRUE(client->read_until("0\r\n\r\n").ends_with("\r\n\r\n" + expected + "0\r\n\r\n"));
  }
}

TEST(HttpServer, OneExchangeMayBeWrittenByManyThreads) {
  Mailbox mailbox;
  const auto server = serve([&](auto exchange) { mailbox.put(std::move(exchange)); });
  RawClient client(server->port());
  client.send(get("/"));
  auto exchange = mailbox.take();
  exchange->begin_stream(200, "text/plain");
  std::vector<std::thread> writers;
  for (int w = 0; w < 4; ++w) {
    writers.emplace_back([&] {
      for (int i = 0; i < 500; ++i) exchange->write("token");
    });
  }
  for (std::thread& writer : writers) writer.join();
  exchange->end();
  const std::string answer = client.read_until("0\r\n\r\n");
  size_t tokens = 0;
  for (size_t at = answer.find("5\r\ntoken\r\n"); at != std::string::npos;
       at = answer.find("5\r\ntoken\r\n", at + 1)) {
    ++tokens;
  }
  EXPECT_EQ(tokens, 2000u);
}

TEST(HttpServer, ClientsThatLeaveWhileOthersWriteDoNoHarm) {
  HttpServerSettings settings = on_any_port();
  settings.threads = 2;
  Mailbox mailbox;
  const auto server = serve([&](auto exchange) { mailbox.put(std::move(exchange)); }, settings);
  std::atomic<int> told = 0;
  std::thread writer([&] {
    for (int i = 0; i < 100; ++i) {
      auto exchange = mailbox.take();
      ASSERT_TRUE(exchange);
      exchange->on_disconnect([&] { ++told; });
      exchange->begin_stream(200, "text/plain");
      while (exchange->write("x")) std::this_thread::yield();
    }
  });
  for (int i = 0; i < 100; ++i) {
    RawClient client(server->port());
    client.send(get("/"));
    client.read_until("x");
  }
  writer.join();
  server->stop();
  EXPECT_EQ(told, 100);
}

TEST(HttpServer, RefusesConnectionsBeyondTheLimit) {
  HttpServerSettings settings = on_any_port();
  settings.max_connections = 2;
  const auto server = serve(echo, settings);
  auto first = std::make_unique<RawClient>(server->port());
  RawClient second(server->port());
  for (RawClient* client : {first.get(), &second}) {
    client->send(get("/"));
    client->read_until("[]");
  }
  RawClient third(server->port());
  third.send(get("/"));
  const std::string answer = third.read_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n")) << answer;
  EXPECT_NE(answer.find("Retry-After: 1\r\n"), std::string::npos);
  third.close();
  first.reset();
  for (int attempt = 0;; ++attempt) {
    RawClient fourth(server->port());
    fourth.send(get("/"));
    if (fourth.read_until("[]", 1, seconds(1)).find("200 OK") != std::string::npos) break;
    ASSERT_LT(attempt, 50);
    std::this_thread::sleep_for(milliseconds(20));
  }
}

TEST(HttpServer, StopLetsStreamsFinish) {
  Mailbox mailbox;
  const auto server = serve([&](auto exchange) { mailbox.put(std::move(exchange)); });
  RawClient busy(server->port()), idle(server->port());
  busy.send(get("/") + get("/never"));
  auto exchange = mailbox.take();
  exchange->begin_stream(200, "text/plain");
  exchange->write("first");
  busy.read_until("first");
  std::thread stopping([&] { server->stop(seconds(10)); });
  idle.read_all();
  EXPECT_TRUE(idle.ended());
  exchange->write("last");
  exchange->end();
  stopping.join();
  EXPECT_TRUE(busy.read_all().ends_with("4\r\nlast\r\n0\r\n\r\n"));
  EXPECT_TRUE(busy.ended());
}

TEST(HttpServer, StopCutsWhatIsNotFinishedInTime) {
  Mailbox mailbox;
  const auto server = serve([&](auto exchange) { mailbox.put(std::move(exchange)); });
  RawClient client(server->port());
  client.send(get("/"));
  auto exchange = mailbox.take();
  Signal gone;
  exchange->on_disconnect([&] { gone.raise(); });
  exchange->begin_stream(200, "text/plain");
  const auto begin = std::chrono::steady_clock::now();
  server->stop(milliseconds(100));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(5));
  EXPECT_TRUE(gone.wait(milliseconds(0)));
  EXPECT_FALSE(exchange->write("too late"));  // an exchange may outlive its server
  client.read_all();
  EXPECT_TRUE(client.ended());
}

TEST(HttpServer, AHandlerThatThrowsCostsOnlyItsOwnRequest) {
  const auto server = serve([](auto exchange) {
    if (exchange->request().path == "/bad") throw std::runtime_error("a bug");
    echo(exchange);
  });
  RawClient bad(server->port()), good(server->port());
  bad.send(get("/bad"));
  EXPECT_EQ(bad.read_all(), "");
  good.send(get("/good"));
  EXPECT_NE(good.read_until("[]").find("200"), std::string::npos);
}

TEST(HttpServer, SaysWhyItCannotListen) {
  const auto server = serve(echo);
  HttpServerSettings taken = on_any_port();
  taken.port = server->port();
  const auto second = HttpServer::start(taken, echo);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message,
            fmt::format("cannot listen on 127.0.0.1:{}: Address already in use; choose another with --port",
                        server->port()));
  HttpServerSettings elsewhere = on_any_port();
  elsewhere.host = "203.0.113.7";
  const auto third = HttpServer::start(elsewhere, echo);
  ASSERT_FALSE(third);
  EXPECT_TRUE(third.error().message.ends_with("; choose another with --host")) << third.error().message;
}

}  // namespace
}  // namespace ferry
