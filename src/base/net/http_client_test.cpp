#include "base/net/http_client.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/net/http_server.h"

namespace ferry {
namespace {

HttpCall call_to(std::string url) {
  HttpCall call;
  call.url = std::move(url);
  call.read_timeout = std::chrono::seconds(10);
  return call;
}

std::unique_ptr<HttpServer> serve(HttpHandler handler) {
  HttpServerSettings settings;
  settings.port = 0;
  auto server = HttpServer::start(settings, std::move(handler));
  EXPECT_TRUE(server);
  return *std::move(server);
}

TEST(HttpClient, KeepsItsConnection) {
  std::atomic<int> answered = 0;
  std::string first_address;
  const auto server = serve([&](auto exchange) {
    const HttpRequest& r = exchange->request();
    if (first_address.empty()) first_address = r.remote_address;
    EXPECT_EQ(r.remote_address, first_address);
    ++answered;
    exchange->respond(r.path == "/404" ? 404 : 200, "text/plain", r.method + r.body, {{"X-Seen", r.target}});
  });
  HttpClient client;
  HttpCall call = call_to(server->url() + "/a?b");
  EXPECT_EQ(client.send(call).value().body, "GET");
  call.method = "POST";
  call.body = "body";
  const HttpResponse posted = client.send(call).value();
  EXPECT_EQ(posted.body, "POSTbody");
  EXPECT_EQ(posted.header("x-seen"), "/a?b");
  call.method = "HEAD";
  EXPECT_EQ(client.send(call).value().body, "");
  EXPECT_EQ(client.send(call_to(server->url() + "/404")).value().status, 404);
  EXPECT_EQ(answered, 4);
}

TEST(HttpClient, ReplacesAConnectionThatTheServerClosed) {
  const auto server = serve([](auto exchange) { exchange->respond(200, "text/plain", "ok"); });
  HttpClient client;
  EXPECT_TRUE(client.send(call_to(server->url())));
  const uint16_t port = server->port();
  server->stop();
  EXPECT_FALSE(client.send(call_to(server->url())));
  HttpServerSettings settings;
  settings.port = port;
  const auto again =
      HttpServer::start(settings, [](auto exchange) { exchange->respond(200, "text/plain", "new"); });
  ASSERT_TRUE(again);
  EXPECT_EQ(client.send(call_to((*again)->url())).value().body, "new");
}

TEST(HttpClient, StreamsAndCancels) {
  std::atomic<bool> gone = false;
  const auto server = serve([&](std::shared_ptr<HttpExchange> exchange) {
    std::thread([&gone, exchange] {
      exchange->begin_stream(200, "text/event-stream");
      for (int i = 0; i < 3 || exchange->request().path == "/endless"; ++i) {
        if (!exchange->write("piece ")) {
          gone = true;
          return;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      }
      exchange->end();
    }).detach();
  });
  HttpClient client;
  std::string got;
  int status = 0;
  const auto on_head = [&](const HttpResponse& head) { return (status = head.status) == 200; };
  const auto collect = [&](std::string_view piece) {
    got += piece;
    return true;
  };
  ASSERT_TRUE(client.stream(call_to(server->url()), {on_head, collect}));
  EXPECT_EQ(got, "piece piece piece ");
  const auto refuse = [](std::string_view) { return false; };
  const auto cancelled = client.stream(call_to(server->url() + "/endless"), {on_head, refuse});
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().code, ErrorCode::cancelled);
  for (int i = 0; i < 500 && !gone; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_TRUE(gone);
}

TEST(HttpClient, LimitsWhatItCollects) {
  const auto server =
      serve([](auto exchange) { exchange->respond(200, "text/plain", std::string(1000, 'x')); });
  HttpCall call = call_to(server->url());
  call.max_body_bytes = 999;
  const auto response = HttpClient().send(call);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::resource_exhausted);
}

TEST(HttpClient, SpeaksPlainHttpOnly) {
  EXPECT_EQ(HttpClient().send(call_to("https://127.0.0.1:1/")).error().code, ErrorCode::unsupported);
}

TEST(HttpClient, RefusesToForgeRequests) {
  HttpCall call = call_to("http://127.0.0.1:1/\r\nX: y");
  EXPECT_EQ(HttpClient().send(call).error().code, ErrorCode::invalid_argument);
  call = call_to("http://127.0.0.1:1/");
  call.headers = {{"X", "a\nb"}};
  EXPECT_EQ(HttpClient().send(call).error().code, ErrorCode::invalid_argument);
}

// Accepts one connection, sends `answer` in pieces of one byte and closes.
class CannedServer {
 public:
  explicit CannedServer(std::string answer) : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    url_ = fmt::format("http://127.0.0.1:{}", ntohs(address.sin_port));
    thread_ = std::thread([this, text = std::move(answer)] {
      const int fd = ::accept(listener_, nullptr, nullptr);
      char request[4096];
      EXPECT_GT(::recv(fd, request, sizeof request, 0), 0);
      for (const char c : text) ::send(fd, &c, 1, MSG_NOSIGNAL);
      ::close(fd);
    });
  }
  ~CannedServer() {
    thread_.join();
    ::close(listener_);
  }
  const std::string& url() const { return url_; }

 private:
  int listener_;
  std::string url_;
  std::thread thread_;
};

Result<HttpResponse> answer_of(std::string text) {
  const CannedServer server(std::move(text));
  return HttpClient().send(call_to(server.url()));
}

TEST(HttpClient, ReadsEveryKindOfBody) {
  EXPECT_EQ(answer_of("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").value().body, "ok");
  EXPECT_EQ(
      answer_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n").value().body,
      "ok");
  EXPECT_EQ(answer_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").value().body, "");
  EXPECT_EQ(answer_of("HTTP/1.0 200 OK\r\n\r\nuntil the end").value().body, "until the end");
  EXPECT_EQ(answer_of("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n").value().status, 204);
}

TEST(HttpClient, HandsOnTheLastByteOfAChunkBeforeTheNextOneComes) {
  std::string got;
  // The connection breaks after "hello" without a CR LF: all five bytes must have been handed on.
  const CannedServer server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello");
  const auto on_head = [](const HttpResponse& /*head*/) { return true; };
  const auto collect = [&](std::string_view piece) {
    got += piece;
    return true;
  };
  EXPECT_FALSE(HttpClient().stream(call_to(server.url()), {on_head, collect}));
  EXPECT_EQ(got, "hello");
}

TEST(HttpClient, TellsATruncatedAnswerFromAWholeOne) {
  for (const char* text : {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r"}) {
    const auto response = answer_of(text);
    ASSERT_FALSE(response) << text;
    EXPECT_EQ(response.error().code, ErrorCode::unavailable) << text;
  }
  EXPECT_EQ(answer_of("SMTP ready\r\n\r\n").error().code, ErrorCode::corrupt);
}

TEST(HttpClient, SaysThatNobodyListens) {
  uint16_t port = 0;
  {
    port = serve([](auto) {})->port();
  }
  const auto response = HttpClient().send(call_to(fmt::format("http://127.0.0.1:{}", port)));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().message,
            fmt::format("cannot connect to 127.0.0.1:{}: Connection refused", port));
}

}  // namespace
}  // namespace ferry
