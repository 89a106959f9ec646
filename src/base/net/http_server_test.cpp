#include <atomic>
#include <thread>

#include <fmt/format.h>

#include "base/net/test_client.h"

namespace ferry {
namespace {

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
