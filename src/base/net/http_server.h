#pragma once
// An HTTP/1.1 server, with TLS or without: plain requests in, plain or streamed responses out.
//
//   FERRY_TRY(auto server, HttpServer::start({.port = 8080}, [](std::shared_ptr<HttpExchange> exchange) {
//     exchange->respond(200, "text/plain", "hello\n");
//   }));
//   ... server->stop();
//
// The handler runs on a network thread and must not block: it answers at once or hands the exchange to
// another thread. What the server does by itself: keep-alive, pipelining in order, HTTP/1.0, HEAD, chunked
// bodies, Expect: 100-continue, and refusing what is malformed, too large or too slow (400, 408, 413, 417,
// 431, 501, 503, 505). Each connection lives on one thread from accept to close.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/core/result.h"
#include "base/net/http_types.h"
#include "base/net/net_threads.h"
#include "base/settings/units.h"

namespace ferry {

class HttpOutbox;

// One request and the one response to it. Every method may be called by any thread; calls of one exchange
// from several threads at once are safe but interleave as they come. An exchange that is destroyed before
// its response has ended cuts the connection, so that the client sees a failure and not a truncated answer.
class HttpExchange {
 public:
  HttpExchange(HttpRequest request, std::shared_ptr<HttpOutbox> outbox);
  ~HttpExchange();
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;

  const HttpRequest& request() const { return request_; }

  // The whole response; nothing may follow. `headers` must not contain Content-Type, Content-Length,
  // Transfer-Encoding, Connection or Date.
  void respond(int status, std::string_view content_type, std::string_view body,
               const HttpHeaders& headers = {});

  // A response whose body comes in pieces: begin_stream, write..., end. Empty chunks are skipped. write
  // never blocks; false means that nobody will read it: the client went away, or it read so slowly that
  // more than max_buffered waited for it and it was cut off.
  void begin_stream(int status, std::string_view content_type, const HttpHeaders& headers = {});
  bool write(std::string_view chunk);
  void end();

  // Bytes of this response that the client's socket has not taken yet.
  size_t buffered_bytes() const;

  // `callback` is called once if the client goes away (or is cut off) before the response has ended: on a
  // network thread, or right here if it has happened already. It must not block. It is dropped by respond
  // and end, which do not wait for a call that has begun.
  void on_disconnect(std::function<void()> callback);
  bool disconnected() const;

 private:
  HttpRequest request_;
  std::shared_ptr<HttpOutbox> outbox_;
};

using HttpHandler = std::function<void(std::shared_ptr<HttpExchange>)>;

// How the server words its own refusals, those of requests that no handler sees.
struct HttpRefusalBody {
  std::string json;
  HttpHeaders headers = {};
};
// `request` is as much of it as could be read, maybe nothing. Called on a network thread.
using HttpRefusalWriter =
    std::function<HttpRefusalBody(int status, const std::string& message, const HttpRequest& request)>;

struct HttpServerSettings {
  std::string host = "127.0.0.1";
  uint16_t port = 8080;  // 0: any free one
  int threads = 1;
  int max_connections = 4096;
  ByteSize max_header{64 << 10};
  ByteSize max_body{32 << 20};
  ByteSize max_buffered{8 << 20};  // of one streamed response, waiting for a slow reader
  std::string tls_cert;
  std::string tls_key;
  Duration header_timeout{std::chrono::seconds(10)};
  Duration body_timeout{std::chrono::minutes(5)};
  Duration idle_timeout{std::chrono::seconds(75)};   // between the requests of one connection
  Duration write_timeout{std::chrono::seconds(60)};  // without the client taking a single byte

  template <class V>
  void visit(V& v) {
    v("host", host, "address to listen on; 0.0.0.0 or :: for every interface");
    v("port", port, "port to listen on; 0 takes any free one");
    v("http_threads", threads, "network threads").range(1, 64);
    v("max_connections", max_connections, "open connections before new ones are answered 503").range(1, 1e6);
    v("max_header", max_header, "largest request line and headers").range(1024, 16 << 20);
    v("max_body", max_body, "largest request body");
    v("max_buffered", max_buffered, "streamed bytes that may wait for a slow reader before it is cut off")
        .range(64 << 10, 0x1p40);
    v("tls_cert", tls_cert,
      "file with the certificate and its chain (PEM): speak HTTPS; read again on SIGHUP");
    v("tls_key", tls_key, "file with the certificate's private key (PEM), without a passphrase");
    v("header_timeout", header_timeout, "time to send a request's headers");
    v("body_timeout", body_timeout, "time to send a request's body");
    v("idle_timeout", idle_timeout, "how long an idle connection is kept");
    v("write_timeout", write_timeout, "how long a client may take no byte of its response");
  }
};

class HttpServer {
 public:
  // Listens, then serves from `threads`, which must outlive the server, or where they are null from threads
  // of its own. Errors say what to change: "cannot listen on 127.0.0.1:8080: Address already in use; choose
  // another with --port". Without a writer, refusals are {"error": {"message": ...}}.
  static Result<std::unique_ptr<HttpServer>> start(const HttpServerSettings& settings, HttpHandler handler,
                                                   HttpRefusalWriter refusals = {},
                                                   NetThreads* threads = nullptr);
  // As stop with no grace. Not on a network thread.
  ~HttpServer();

  // The port that is really listened on.
  uint16_t port() const;
  // "http://127.0.0.1:8080", "https://..." with a certificate
  std::string url() const;

  // Reads certificate and key again, for the connections that begin from now on. On an error the old ones
  // stay. Any thread; does nothing without TLS.
  Result<void> reload_certificate();

  // Stops accepting and waits until no exchange runs, for at most `most`; false when some still do.
  // Connections that are open may send another request meanwhile, which the handler answers; after that they
  // end.
  bool drain(Duration most);

  // Stops accepting, lets running exchanges finish for at most `grace`, then cuts the rest (their
  // on_disconnect is called). Afterwards no handler runs or will run. Exchanges may outlive the server; their
  // writes do nothing. Not on a network thread.
  void stop(Duration grace = Duration{0});

 private:
  struct State;
  explicit HttpServer(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace ferry
