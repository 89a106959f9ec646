// The pool over TLS, and over proxies.

#include <filesystem>

#include <gmock/gmock.h>

#include "base/core/file.h"
#include "base/net/test_client.h"
#include "base/net/test_tls.h"
#include "base/net/test_upstream.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class HttpPoolTls : public testing::Test {
 protected:
  ~HttpPoolTls() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    EXPECT_TRUE(write_file_atomic(folder_ / name, text));
    return (folder_ / name).string();
  }
  std::unique_ptr<HttpServer> serve_with(const TestCertificate& made) {
    HttpServerSettings settings = on_any_port();
    settings.tls_cert = write("cert.pem", made.certificate);
    settings.tls_key = write("key.pem", made.key);
    return serve(echo, settings);
  }
  // Names lead to this machine.
  static HttpPoolSettings local_names() {
    HttpPoolSettings settings;
    settings.resolve = [](const std::string&) -> Result<std::vector<std::string>> {
      return std::vector<std::string>{"127.0.0.1"};
    };
    return settings;
  }
  HttpOriginSettings origin_at(const HttpServer& server, const std::string& host,
                               const TestCertificate& trusted) {
    return {.url = fmt::format("https://{}:{}", host, server.port()),
            .ca_file = write("ca.pem", trusted.certificate)};
  }

  const fs::path folder_ = [] {
    fs::path made = fs::temp_directory_path() / fmt::format("ferry_pool_tls_{}", ::getpid());
    fs::create_directories(made);
    return made;
  }();
  TestPool test_{1, local_names()};
};

TEST_F(HttpPoolTls, SpeaksToAServerThatProvesItsName) {
  const auto made = make_certificate("x", 3600, "DNS:api.test,DNS:*.wild.test,IP:127.0.0.1,IP:::1");
  const auto server = serve_with(made);
  for (const char* host : {"api.test", "API.test", "a.wild.test", "127.0.0.1"}) {
    const HttpPoolCall call = test_.call(origin_at(*server, host, made), "/x");
    for (int i = 0; i < 3; ++i) {
      const auto sink = test_.run(call);
      const auto failure = sink->wait();
      ASSERT_FALSE(failure) << failure->message;
      EXPECT_EQ(sink->body(), "GET /x []");
    }
  }
  EXPECT_EQ(test_.pool->load().open, 4);
}

TEST_F(HttpPoolTls, RefusesEveryOtherServer) {
  const auto refusal = [&](const TestCertificate& shown, const std::string& host,
                           const TestCertificate& trusted) {
    const auto server = serve_with(shown);
    const auto sink = test_.run(test_.call(origin_at(*server, host, trusted)));
    const auto failure = sink->wait();
    if (!failure) return std::string("was accepted");
    EXPECT_EQ(failure->kind, HttpFailure::tls);
    EXPECT_EQ(failure->sent, HttpRequestProgress::nothing);
    return failure->message;
  };
  const auto good = make_certificate("api.test", 3600, "DNS:api.test");
  EXPECT_THAT(refusal(good, "other.test", good), HasSubstr("not accepted: hostname mismatch"));
  EXPECT_THAT(refusal(good, "127.0.0.1", good), HasSubstr("not accepted: IP address mismatch"));
  EXPECT_THAT(refusal(good, "sub.api.test", good), HasSubstr("hostname mismatch"));
  const auto expired = make_certificate("api.test", -60, "DNS:api.test");
  EXPECT_THAT(refusal(expired, "api.test", expired), HasSubstr("certificate has expired"));
  EXPECT_THAT(refusal(make_certificate("api.test", 3600, "DNS:api.test"), "api.test", good),
              HasSubstr("not accepted: "));
  const auto by_subject = make_certificate("api.test");
  EXPECT_THAT(refusal(by_subject, "api.test", by_subject), HasSubstr("hostname mismatch"));
  const auto wild = make_certificate("x", 3600, "DNS:*.wild.test");
  EXPECT_THAT(refusal(wild, "a.b.wild.test", wild), HasSubstr("hostname mismatch"));
}

TEST_F(HttpPoolTls, TheSystemsAuthoritiesDoNotKnowAStranger) {
  const auto server = serve_with(make_certificate("x", 3600, "IP:127.0.0.1"));
  const auto origin = test_.pool->origin({.url = fmt::format("https://127.0.0.1:{}", server->port())});
  if (!origin) GTEST_SKIP() << origin.error().message;
  HttpPoolCall call;
  call.origin = *origin;
  EXPECT_EQ(test_.failure(call), HttpFailure::tls);
}

TEST_F(HttpPoolTls, ACaFileThatIsNoneIsNamed) {
  const auto problem = [&](const std::string& file) {
    const auto origin = test_.pool->origin({.url = "https://h", .ca_file = file});
    return origin ? std::string() : origin.error().message;
  };
  EXPECT_THAT(problem((folder_ / "missing.pem").string()), HasSubstr("missing.pem"));
  EXPECT_THAT(problem(write("empty.pem", "nothing")), HasSubstr("empty.pem: no certificate in PEM format"));
}

TEST_F(HttpPoolTls, AServerWithoutTlsIsTold) {
  const RawServer plain([](RawPeer& peer) {
    peer.receive();
    peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  const auto failure = test_
                           .run(test_.call({.url = plain.url("https"),
                                            .ca_file = write("ca.pem", make_certificate().certificate)}))
                           ->wait();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, HttpFailure::tls);
  EXPECT_THAT(failure->message, HasSubstr("TLS failed"));
}

TEST_F(HttpPoolTls, LargeBodiesArriveWhole) {
  const auto made = make_certificate("x", 3600, "DNS:api.test");
  const auto server = serve_with(made);
  std::string body(3 << 20, '\0');
  for (size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i * i % 26);
  HttpPoolCall call = test_.call(origin_at(*server, "api.test", made));
  call.method = "POST";
  call.body = std::make_shared<const std::string>(body);
  EXPECT_EQ(test_.run(call)->body(), "POST / [" + body + "]");
}

// A server that speaks TLS by hand, for ends that a proper one does not have.
class TlsPeer {
 public:
  TlsPeer(int fd, const TestCertificate& made) : context_(SSL_CTX_new(TLS_server_method())), ssl_(nullptr) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> certificate(BIO_new_mem_buf(made.certificate.data(), -1),
                                                                BIO_free);
    const std::unique_ptr<BIO, decltype(&BIO_free)> key(BIO_new_mem_buf(made.key.data(), -1), BIO_free);
    const std::unique_ptr<X509, decltype(&X509_free)> x(
        PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr), X509_free);
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> k(
        PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
    SSL_CTX_use_certificate(context_, x.get());
    SSL_CTX_use_PrivateKey(context_, k.get());
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, fd);
    EXPECT_EQ(SSL_accept(ssl_), 1);
  }
  ~TlsPeer() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  TlsPeer(const TlsPeer&) = delete;
  TlsPeer& operator=(const TlsPeer&) = delete;

  void answer(std::string_view text) {
    char request[4096];
    EXPECT_GT(SSL_read(ssl_, request, sizeof request), 0);
    EXPECT_GT(SSL_write(ssl_, text.data(), static_cast<int>(text.size())), 0);
  }
  void say_goodbye() { SSL_shutdown(ssl_); }

 private:
  SSL_CTX* context_;
  SSL* ssl_;
};

TEST_F(HttpPoolTls, ABodyWithoutLengthEndsOnlyWhereTlsSaysSo) {
  const auto made = make_certificate("x", 3600, "IP:127.0.0.1");
  for (const bool orderly : {true, false}) {
    const RawServer server([&](RawPeer& peer) {
      TlsPeer tls(peer.fd(), made);
      tls.answer("HTTP/1.1 200 OK\r\n\r\nall of it?");
      if (orderly) tls.say_goodbye();
    });
    const auto sink =
        test_.run(test_.call({.url = server.url("https"), .ca_file = write("ca.pem", made.certificate)}));
    const auto failure = sink->wait();
    EXPECT_EQ(failure.has_value(), !orderly);
    EXPECT_EQ(failure ? failure->kind : HttpFailure::cut, HttpFailure::cut);
    EXPECT_EQ(sink->body(), "all of it?");
  }
}

// Connects what a proxy was asked for, and carries bytes both ways.
void carry(RawPeer& peer, uint16_t port) {
  RawClient upstream(port);
  std::thread back([&] {
    for (char piece[4096];;) {
      const ssize_t got = ::recv(upstream.fd(), piece, sizeof piece, 0);
      if (got <= 0) break;
      peer.send({piece, static_cast<size_t>(got)});
    }
    ::shutdown(peer.fd(), SHUT_WR);
  });
  do {
    upstream.send(std::exchange(peer.received(), {}));
  } while (peer.receive());
  upstream.half_close();
  back.join();
}

TEST_F(HttpPoolTls, GoesThroughAProxysTunnel) {
  const auto made = make_certificate("x", 3600, "DNS:api.test");
  const auto server = serve_with(made);
  std::string asked;
  const RawServer proxy([&](RawPeer& peer) {
    asked = peer.read_request();
    peer.send("HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n");
    carry(peer, server->port());
  });
  HttpOriginSettings settings = origin_at(*server, "api.test", made);
  settings.proxy = parse_http_proxy(fmt::format("http://me:p%40ss@127.0.0.1:{}", proxy.port())).value();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(test_.run(test_.call(settings, "/t"))->body(), "GET /t []");
  EXPECT_EQ(asked, fmt::format("CONNECT api.test:{0} HTTP/1.1\r\nHost: api.test:{0}\r\n"
                               "Proxy-Authorization: Basic bWU6cEBzcw==\r\n\r\n",
                               server->port()));
  EXPECT_EQ(proxy.accepted(), 1);
  test_.pool.reset();
}

TEST_F(HttpPoolTls, SaysWhyAProxyDidNotLetItThrough) {
  const auto problem = [&](std::string_view answer) {
    const RawServer proxy([&](RawPeer& peer) {
      peer.read_request();
      peer.send(answer);
    });
    HttpOriginSettings settings{.url = "https://api.test",
                                .ca_file = write("ca.pem", make_certificate().certificate)};
    settings.proxy = parse_http_proxy(fmt::format("http://u:hunter2@127.0.0.1:{}", proxy.port())).value();
    const auto failure = test_.run(test_.call(settings))->wait();
    if (!failure) return std::string("went through");
    EXPECT_EQ(failure->kind, HttpFailure::proxy);
    EXPECT_EQ(failure->sent, HttpRequestProgress::nothing);
    EXPECT_THAT(failure->message, Not(HasSubstr("hunter2")));
    return failure->message;
  };
  EXPECT_THAT(problem("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"),
              HasSubstr("refuses the tunnel: 407"));
  EXPECT_THAT(problem("HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nnope"), HasSubstr("403 Forbidden"));
  EXPECT_THAT(problem(""), HasSubstr("closed the connection"));
  EXPECT_THAT(problem("SSH-2.0\r\n"), HasSubstr("malformed"));
  EXPECT_THAT(problem("HTTP/1.1 200 OK\r\n\r\nsurprise"), HasSubstr("before the tunnel was used"));
}

TEST_F(HttpPoolTls, ADeadlineHoldsForTheTunnelToo) {
  const RawServer proxy([](RawPeer& peer) { peer.wait_for_end(); });
  HttpOriginSettings settings{.url = "https://api.test",
                              .ca_file = write("ca.pem", make_certificate().certificate)};
  settings.proxy = {.host = "127.0.0.1", .port = proxy.port()};
  HttpPoolCall call = test_.call(settings);
  call.deadlines.connect = milliseconds(30);
  const auto failure = test_.run(call)->wait();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, HttpFailure::timeout_connect);
  EXPECT_THAT(failure->message, HasSubstr("asking the proxy for a tunnel"));
}

TEST_F(HttpPoolTls, AsksAProxyForPlainHttpInAbsoluteForm) {
  std::string asked;
  const RawServer proxy([&](RawPeer& peer) {
    asked = peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  HttpOriginSettings settings{.url = "http://api.test:8080"};
  settings.proxy = {.host = "127.0.0.1", .port = proxy.port(), .credentials = "me:pw"};
  const auto sink = test_.run(test_.call(settings, "/v1?x"));
  EXPECT_EQ(sink->body(), "ok");
  EXPECT_EQ(asked,
            "GET http://api.test:8080/v1?x HTTP/1.1\r\nHost: api.test:8080\r\n"
            "Proxy-Authorization: Basic bWU6cHc=\r\n\r\n");
}

TEST_F(HttpPoolTls, AProxyDoesNotOpenPrivateAddresses) {
  const RawServer proxy(answer_all);
  for (const char* host : {"10.0.0.1", "[::1]", "169.254.169.254"}) {
    HttpOriginSettings settings{.url = fmt::format("http://{}", host), .deny_private = true};
    settings.proxy = {.host = "127.0.0.1", .port = proxy.port()};
    EXPECT_EQ(test_.failure(test_.call(settings)), HttpFailure::denied) << host;
  }
  HttpOriginSettings settings{.url = "http://api.test", .deny_private = true};
  settings.proxy = {.host = "127.0.0.1", .port = proxy.port()};
  EXPECT_THAT(test_.run(test_.call(settings))->body(), StartsWith("1 GET http://api.test/"));
}

}  // namespace
}  // namespace ferry
