#include "base/net/http_server.h"

#include <mutex>
#include <optional>
#include <vector>

#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>

#include "base/net/http_connection.h"
#include "base/net/net_threads.h"
#include "base/observe/log.h"

namespace ferry {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using SystemError = boost::system::error_code;

// Connections beyond the limit that are told so; at more than these the kernel's queue holds them.
constexpr int kMaxRefusals = 64;
constexpr Duration kAcceptPause = std::chrono::milliseconds(50);

tl::unexpected<Error> listen_error(const HttpServerSettings& settings, const SystemError& error) {
  const bool by_port = error == asio::error::address_in_use || error == asio::error::access_denied;
  return fail(ErrorCode::io, "cannot listen on {}:{}: {}; choose another with {}", settings.host,
              settings.port, error.message(), by_port ? "--port" : "--host");
}

Result<tcp::endpoint> resolve(asio::io_context& io, const HttpServerSettings& settings) {
  SystemError error;
  tcp::resolver resolver(io);
  const auto found = resolver.resolve(settings.host, std::to_string(settings.port),
                                      tcp::resolver::passive | tcp::resolver::numeric_service, error);
  if (error) return listen_error(settings, error);
  return found.begin()->endpoint();
}

Result<tcp::acceptor> listen(asio::io_context& io, const HttpServerSettings& settings) {
  FERRY_TRY(const tcp::endpoint endpoint, resolve(io, settings));
  tcp::acceptor acceptor(io);
  SystemError error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  // "::" is every interface of both families.
  if (!error && endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(false), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
  if (error) return listen_error(settings, error);
  return acceptor;
}

}  // namespace

struct HttpServer::State {
  State(const HttpServerSettings& server_settings, HttpHandler server_handler, HttpRefusalWriter writer,
        NetThreads* shared);

  void accept();
  void on_accept(const SystemError& error, tcp::socket socket, HttpWorker& worker);
  void accept_later();
  std::shared_ptr<TlsContext> current_tls();
  Result<void> load_certificate();
  void stop_accepting();
  void enter(HttpPhase phase);
  void cut_all();

  const HttpServerSettings settings;
  const HttpHandler handler;
  const HttpRefusalWriter refusals;
  HttpLoad load;
  std::unique_ptr<NetThreads> own_threads;
  NetThreads& threads;
  std::vector<std::unique_ptr<HttpWorker>> workers;  // one for each thread; the first one also accepts
  std::optional<tcp::acceptor> acceptor;
  std::optional<asio::steady_timer> pause;
  size_t next_worker = 0;
  uint16_t port = 0;
  bool stopped = false;

  std::mutex mutex;
  std::shared_ptr<TlsContext> tls;  // guarded by mutex; null for plain HTTP
};

HttpServer::State::State(const HttpServerSettings& server_settings, HttpHandler server_handler,
                         HttpRefusalWriter writer, NetThreads* shared)
    : settings(server_settings),
      handler(std::move(server_handler)),
      refusals(std::move(writer)),
      own_threads(shared == nullptr ? std::make_unique<NetThreads>(settings.threads) : nullptr),
      threads(shared == nullptr ? *own_threads : *shared) {
  for (size_t i = 0; i < threads.count(); ++i) {
    workers.push_back(std::make_unique<HttpWorker>(threads.io(i), settings, handler, refusals, load));
  }
}

void HttpServer::State::accept() {
  if (load.open() >= settings.max_connections + kMaxRefusals) return accept_later();
  HttpWorker& worker = *workers[next_worker++ % workers.size()];
  acceptor->async_accept(worker.io, [this, &worker](const SystemError& error, tcp::socket socket) {
    on_accept(error, std::move(socket), worker);
  });
}

void HttpServer::State::on_accept(const SystemError& error, tcp::socket socket, HttpWorker& worker) {
  if (!acceptor->is_open()) return;
  if (error) {
    if (error != asio::error::connection_aborted) {
      log_warning("cannot accept a connection", {{"error", error.message()}});
    }
    return accept_later();
  }
  const bool refused = load.add_connection() > settings.max_connections;
  auto connection = std::make_shared<HttpConnection>(std::move(socket), current_tls(), worker);
  asio::post(worker.io, [connection = std::move(connection), refused] { connection->start(refused); });
  accept();
}

std::shared_ptr<TlsContext> HttpServer::State::current_tls() {
  const std::lock_guard lock(mutex);
  return tls;
}

Result<void> HttpServer::State::load_certificate() {
  if (settings.tls_cert.empty() && settings.tls_key.empty()) return {};
  if (settings.tls_cert.empty() || settings.tls_key.empty()) {
    return fail(ErrorCode::invalid_argument, "HTTPS needs a certificate and its key: --tls-{} is missing",
                settings.tls_cert.empty() ? "cert" : "key");
  }
  FERRY_TRY(auto loaded, load_tls(settings.tls_cert, settings.tls_key));
  const std::lock_guard lock(mutex);
  tls = std::move(loaded);
  return {};
}

void HttpServer::State::accept_later() {
  pause->expires_after(kAcceptPause);
  pause->async_wait([this](const SystemError& error) {
    if (!error && acceptor->is_open()) accept();
  });
}

void HttpServer::State::stop_accepting() {
  asio::post(workers.front()->io, [this] {
    SystemError ignored;
    acceptor->close(ignored);
    pause->cancel();
  });
}

void HttpServer::State::enter(HttpPhase phase) {
  for (const auto& worker : workers) {
    asio::post(worker->io, [phase, w = worker.get()] {
      w->phase = phase;
      // A copy: closing takes connections out of the set.
      for (const auto& connection : std::vector(w->connections.begin(), w->connections.end())) {
        connection->on_phase();
      }
    });
  }
}

void HttpServer::State::cut_all() {
  for (const auto& worker : workers) {
    asio::post(worker->io, [w = worker.get()] {
      for (const auto& connection : std::vector(w->connections.begin(), w->connections.end()))
        connection->cut();
    });
  }
}

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

HttpServer::~HttpServer() {
  stop();
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(const HttpServerSettings& settings, HttpHandler handler,
                                                      HttpRefusalWriter refusals, NetThreads* threads) {
  auto state = std::make_unique<State>(settings, std::move(handler), std::move(refusals), threads);
  FERRY_TRY_VOID(state->load_certificate());
  asio::io_context& io = state->workers.front()->io;
  FERRY_TRY(tcp::acceptor acceptor, listen(io, settings));
  SystemError error;
  state->port = acceptor.local_endpoint(error).port();
  if (error) return listen_error(settings, error);
  state->acceptor.emplace(std::move(acceptor));
  state->pause.emplace(io);
  state->threads.post(0, [s = state.get()] { s->accept(); });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

uint16_t HttpServer::port() const {
  return state_->port;
}

std::string HttpServer::url() const {
  const HttpServerSettings& settings = state_->settings;
  const std::string_view scheme = settings.tls_cert.empty() ? "http" : "https";
  const bool is_v6 = settings.host.find(':') != std::string::npos;
  return fmt::format("{}://{}:{}", scheme, is_v6 ? fmt::format("[{}]", settings.host) : settings.host,
                     state_->port);
}

Result<void> HttpServer::reload_certificate() {
  return state_->load_certificate();
}

bool HttpServer::drain(Duration most) {
  state_->stop_accepting();
  state_->enter(HttpPhase::draining);
  return state_->load.wait_until_idle(most);
}

void HttpServer::stop(Duration grace) {
  State& state = *state_;
  if (std::exchange(state.stopped, true)) return;
  state.stop_accepting();
  state.enter(HttpPhase::stopping);
  state.load.wait_until_closed(grace);
  // The threads may go on with other work, so what knows this server must be gone from their queues: first
  // nothing new is accepted, then all that was accepted is closed, then what closing left behind has run.
  const auto nothing = [](size_t) {};
  state.threads.run_on_each(nothing);
  state.cut_all();
  state.threads.run_on_each(nothing);
  state.threads.run_on_each(nothing);
}

HttpExchange::HttpExchange(HttpRequest request, std::shared_ptr<HttpOutbox> outbox)
    : request_(std::move(request)), outbox_(std::move(outbox)) {}

HttpExchange::~HttpExchange() {
  outbox_->abandon();
}

void HttpExchange::respond(int status, std::string_view content_type, std::string_view body,
                           const HttpHeaders& headers) {
  outbox_->respond(status, content_type, body, headers);
}

void HttpExchange::begin_stream(int status, std::string_view content_type, const HttpHeaders& headers) {
  outbox_->begin_stream(status, content_type, headers);
}

bool HttpExchange::write(std::string_view chunk) {
  return outbox_->write(chunk);
}

void HttpExchange::end() {
  outbox_->end();
}

size_t HttpExchange::buffered_bytes() const {
  return outbox_->buffered_bytes();
}

void HttpExchange::on_disconnect(std::function<void()> callback) {
  outbox_->on_disconnect(std::move(callback));
}

bool HttpExchange::disconnected() const {
  return outbox_->disconnected();
}

}  // namespace ferry
