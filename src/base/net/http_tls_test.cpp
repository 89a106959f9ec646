// The server over TLS. Real clients are tests/e2e's.

#include <filesystem>
#include <thread>

#include <gmock/gmock.h>

#include "base/net/test_client.h"
#include "base/net/test_tls.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class HttpTls : public testing::Test {
 protected:
  ~HttpTls() override { fs::remove_all(folder_); }

  std::string file(const std::string& name) const { return (folder_ / name).string(); }
  void write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(write_file_atomic(folder_ / name, text));
  }
  void install(const TestCertificate& made) {
    write("cert.pem", made.certificate);
    write("key.pem", made.key);
  }
  HttpServerSettings settings() const {
    HttpServerSettings made = on_any_port();
    made.tls_cert = file("cert.pem");
    made.tls_key = file("key.pem");
    return made;
  }
  std::unique_ptr<HttpServer> serve_tls(HttpHandler handler) {
    install(own_);
    return serve(std::move(handler), settings());
  }
  // Why a server with these files does not start.
  std::string refusal() const {
    const auto server = HttpServer::start(settings(), echo);
    EXPECT_FALSE(server);
    return server ? "" : server.error().message;
  }

  const fs::path folder_ = [] {
    fs::path made = fs::temp_directory_path() / fmt::format("ferry_tls_{}", ::getpid());
    fs::create_directories(made);
    return made;
  }();
  const TestCertificate own_ = make_certificate();
};

TEST_F(HttpTls, AnswersOnAKeptConnection) {
  const auto server = serve_tls(echo);
  EXPECT_EQ(server->url(), fmt::format("https://127.0.0.1:{}", server->port()));
  TlsClient client(server->port(), own_.certificate);
  ASSERT_FALSE(client.error()) << client.error().message();
  EXPECT_EQ(client.version(), "TLSv1.3");
  client.send(get("/one"));
  EXPECT_THAT(client.read_until("/one []"), HasSubstr("HTTP/1.1 200 OK"));
  client.send(get("/two"));
  EXPECT_THAT(client.read_until("/two []"), HasSubstr("GET /two []"));
}

TEST_F(HttpTls, SpeaksTls12AndNothingOlder) {
  const auto server = serve_tls(echo);
  TlsClient newer(server->port(), own_.certificate, TLS1_2_VERSION);
  ASSERT_FALSE(newer.error()) << newer.error().message();
  EXPECT_EQ(newer.version(), "TLSv1.2");
  newer.send(get("/"));
  EXPECT_THAT(newer.read_until("[]"), HasSubstr("200 OK"));
  TlsClient older(server->port(), own_.certificate, TLS1_1_VERSION);
  EXPECT_TRUE(older.error());
}

TEST_F(HttpTls, LargeAnswersAndBodiesArriveWhole) {
  const auto server = serve_tls(echo);
  std::string body(3 << 20, '\0');
  for (size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i * i % 26);
  TlsClient client(server->port(), own_.certificate);
  client.send(fmt::format("POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
                          body.size()));
  client.send(body);
  const std::string answer = client.read_all();
  EXPECT_EQ(client.error(), boost::asio::error::eof) << client.error().message();
  EXPECT_TRUE(answer.ends_with("POST / [" + body + "]"));
}

TEST_F(HttpTls, StreamsToManyClientsAtOnce) {
  Mailbox mailbox;
  const auto server = serve_tls([&](auto exchange) { mailbox.put(std::move(exchange)); });
  constexpr int kClients = 12;
  constexpr int kPieces = 200;
  std::vector<std::thread> threads;
  for (int i = 0; i < kClients; ++i) {
    threads.emplace_back([&] {
      TlsClient client(server->port(), own_.certificate);
      client.send(get("/"));
      const std::string all = client.read_until("0\r\n\r\n");
      for (const int piece : {0, kPieces / 2, kPieces - 1})
        EXPECT_THAT(all, HasSubstr(fmt::format("<{}>", piece)));
    });
    threads.emplace_back([&] {
      const auto exchange = mailbox.take();
      ASSERT_TRUE(exchange);
      exchange->begin_stream(200, "text/plain");
      for (int piece = 0; piece < kPieces; ++piece) exchange->write(fmt::format("<{}>", piece));
      exchange->end();
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(HttpTls, TellsTheExchangeWhenItsClientLeaves) {
  Mailbox mailbox;
  const auto server = serve_tls([&](auto exchange) { mailbox.put(std::move(exchange)); });
  TlsClient client(server->port(), own_.certificate);
  client.send(get("/"));
  const auto exchange = mailbox.take();
  ASSERT_TRUE(exchange);
  Signal gone;
  exchange->on_disconnect([&] { gone.raise(); });
  exchange->begin_stream(200, "text/plain");
  exchange->write("first");
  client.read_until("first");
  client.drop();
  EXPECT_TRUE(gone.wait());
}

// Whoever reads to the end knows that it was the end, and not somebody who cut the connection.
TEST_F(HttpTls, SaysThatItIsDone) {
  const auto server = serve_tls(echo);
  TlsClient client(server->port(), own_.certificate);
  client.send("GET /old HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(client.read_all().ends_with("GET /old []"));
  EXPECT_EQ(client.error(), boost::asio::error::eof) << client.error().message();
}

TEST_F(HttpTls, CutsAnUnfinishedAnswerWithoutSayingThatItIsDone) {
  Mailbox mailbox;
  const auto server = serve_tls([&](auto exchange) { mailbox.put(std::move(exchange)); });
  TlsClient client(server->port(), own_.certificate);
  client.send("GET /old HTTP/1.0\r\n\r\n");
  auto exchange = mailbox.take();
  ASSERT_TRUE(exchange);
  exchange->begin_stream(200, "text/plain");
  exchange->write("first");
  client.read_until("first");
  exchange.reset();
  client.read_all();
  EXPECT_TRUE(client.error());
  EXPECT_NE(client.error(), boost::asio::error::eof);
}

TEST_F(HttpTls, ARefusalReachesAClientThatStillSends) {
  install(own_);
  HttpServerSettings small = settings();
  small.max_body = ByteSize{1000};
  const auto server = serve(echo, small);
  TlsClient client(server->port(), own_.certificate);
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\n\r\n");
  client.send(std::string(300000, 'x'));
  EXPECT_THAT(client.read_all(), HasSubstr("HTTP/1.1 413"));
}

TEST_F(HttpTls, TellsPlainHttpWhatToDo) {
  const auto server = serve_tls(echo);
  RawClient client(server->port());
  client.send(get("/"));
  const std::string answer = client.read_all();
  EXPECT_THAT(answer, testing::StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer, HasSubstr("https://"));
  EXPECT_TRUE(client.ended());
}

TEST_F(HttpTls, GivesUpOnHandshakesThatDoNotCome) {
  install(own_);
  HttpServerSettings impatient = settings();
  impatient.header_timeout = milliseconds(50);
  const auto server = serve(echo, impatient);
  RawClient silent(server->port()), garbage(server->port()), half(server->port());
  garbage.send("\x16\x03\x01\x7f\xff not a hello");
  half.send("\x16\x03\x01\x02");
  for (RawClient* client : {&silent, &garbage, &half}) {
    client->read_all();
    EXPECT_TRUE(client->ended());
  }
}

TEST_F(HttpTls, TooManyConnectionsAreToldOverTlsToo) {
  install(own_);
  HttpServerSettings small = settings();
  small.max_connections = 1;
  const auto server = serve(echo, small);
  TlsClient first(server->port(), own_.certificate);
  first.send(get("/"));
  first.read_until("[]");
  TlsClient second(server->port(), own_.certificate);
  EXPECT_THAT(second.read_all(), HasSubstr("HTTP/1.1 503"));
}

TEST_F(HttpTls, ANewCertificateIsForNewConnections) {
  const auto server = serve_tls(echo);
  TlsClient before(server->port(), own_.certificate);
  const TestCertificate renewed = make_certificate();
  install(renewed);
  ASSERT_TRUE(server->reload_certificate());
  TlsClient after(server->port(), renewed.certificate);
  EXPECT_FALSE(after.error()) << after.error().message();
  EXPECT_TRUE(TlsClient(server->port(), own_.certificate).error());
  before.send(get("/"));
  EXPECT_THAT(before.read_until("[]"), HasSubstr("200 OK"));

  write("key.pem", own_.key);
  EXPECT_FALSE(server->reload_certificate());
  EXPECT_FALSE(TlsClient(server->port(), renewed.certificate).error());
}

TEST_F(HttpTls, FilesThatCannotBeUsedAreNamed) {
  install(own_);
  write("key.pem", own_.encrypted_key);
  EXPECT_THAT(refusal(),
              HasSubstr("key.pem: the key is encrypted; write it without its passphrase: openssl pkey"));
  write("key.pem", make_certificate().key);
  EXPECT_THAT(refusal(), HasSubstr("key.pem: the key does not belong to the certificate in"));
  write("key.pem", own_.certificate);
  EXPECT_THAT(refusal(), HasSubstr("key.pem: no private key in PEM format"));
  fs::remove(file("key.pem"));
  EXPECT_THAT(refusal(), HasSubstr("key.pem"));

  install(own_);
  write("cert.pem", own_.key);
  EXPECT_THAT(refusal(), HasSubstr("cert.pem: no certificate in PEM format"));
  write("cert.pem", "");
  EXPECT_THAT(refusal(), HasSubstr("cert.pem: no certificate in PEM format"));
  write("cert.pem", own_.certificate + own_.certificate.substr(0, own_.certificate.size() / 2));
  EXPECT_THAT(refusal(), HasSubstr("cert.pem: a certificate of the chain is damaged"));
  fs::remove(file("cert.pem"));
  EXPECT_THAT(refusal(), HasSubstr("cert.pem"));

  HttpServerSettings half = settings();
  half.tls_key.clear();
  EXPECT_THAT(HttpServer::start(half, echo).error().message, HasSubstr("--tls-key is missing"));
  half = settings();
  half.tls_cert.clear();
  EXPECT_THAT(HttpServer::start(half, echo).error().message, HasSubstr("--tls-cert is missing"));
}

TEST_F(HttpTls, AChainIsSentWhole) {
  const TestCertificate issuer = make_certificate("issuer");
  install(own_);
  write("cert.pem", own_.certificate + issuer.certificate);
  const auto server = serve(echo, settings());
  TlsClient client(server->port(), own_.certificate);
  ASSERT_FALSE(client.error()) << client.error().message();
  EXPECT_EQ(client.chain_length(), 2);
}

}  // namespace
}  // namespace ferry
