#include <atomic>
#include <thread>

#include <fmt/format.h>

#include "base/net/test_client.h"

namespace ferry {
namespace {

TEST(HttpServerStreams, StreamsChunksFromAnotherThread) {
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

TEST(HttpServerStreams, StreamsToHttp10UntilTheConnectionEnds) {
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

TEST(HttpServerStreams, TellsTheExchangeWhenItsClientLeaves) {
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

TEST(HttpServerStreams, TellsOfADisconnectBeforeAnythingWasWritten) {
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

TEST(HttpServerStreams, ForgetsTheCallbackWhenTheResponseHasEnded) {
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

TEST(HttpServerStreams, CutsTheConnectionOfAnExchangeThatIsDroppedUnfinished) {
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

TEST(HttpServerStreams, CutsOffAReaderThatIsTooSlow) {
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

TEST(HttpServerStreams, CutsOffAReaderThatTakesNothing) {
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

TEST(HttpServerStreams, SendsALargeAnswerWhole) {
  const std::string large(20 << 20, 'x');
  const auto server = serve([&](auto exchange) { exchange->respond(200, "text/plain", large); });
  RawClient client(server->port());
  client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string answer = client.read_all();
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, large.size());
}

TEST(HttpServerStreams, Serves200StreamsWrittenByFourThreads) {
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

TEST(HttpServerStreams, OneExchangeMayBeWrittenByManyThreads) {
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

TEST(HttpServerStreams, ClientsThatLeaveWhileOthersWriteDoNoHarm) {
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

TEST(HttpServerStreams, StopLetsStreamsFinish) {
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

TEST(HttpServerStreams, DrainWaitsForExchangesAndLetsOpenConnectionsAskOnce) {
  Mailbox mailbox;
  const auto server = serve([&](const std::shared_ptr<HttpExchange>& exchange) {
    if (exchange->request().path == "/slow") return mailbox.put(exchange);
    echo(exchange);
  });
  RawClient busy(server->port()), open(server->port()), idle(server->port());
  for (RawClient* client : {&open, &idle}) {
    client->send(get("/first"));
    client->read_until("/first []");
  }
  busy.send(get("/slow"));
  auto exchange = mailbox.take();
  EXPECT_FALSE(server->drain(milliseconds(20)));
  open.send(get("/second"));
  EXPECT_NE(open.read_all().find("/second []"), std::string::npos);
  EXPECT_NE(open.read_all().find("Connection: close"), std::string::npos);
  EXPECT_TRUE(open.ended());

  exchange->respond(200, "text/plain", "done");
  EXPECT_TRUE(server->drain(seconds(10)));
  EXPECT_NE(busy.read_all().find("Connection: close"), std::string::npos);
  idle.read_all(milliseconds(20));
  EXPECT_FALSE(idle.ended());  // until the server stops
  server->stop(seconds(10));
  idle.read_all();
  EXPECT_TRUE(idle.ended());
}

TEST(HttpServerStreams, DrainDoesNotWaitForClientsThatLeft) {
  Mailbox mailbox;
  const auto server = serve([&](auto exchange) { mailbox.put(std::move(exchange)); });
  RawClient client(server->port());
  client.send(get("/"));
  auto exchange = mailbox.take();
  EXPECT_FALSE(server->drain(milliseconds(20)));
  client.close();
  EXPECT_TRUE(server->drain(seconds(10)));
}

TEST(HttpServerStreams, StopCutsWhatIsNotFinishedInTime) {
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

}  // namespace
}  // namespace ferry
