#include "serve/mock/server.h"

#include <mutex>
#include <utility>  // first: Boost 1.81 with g++ 12 needs it
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include "base/net/http_url.h"
#include "base/net/net_threads.h"
#include "serve/mock/connection.h"

namespace ferry::mock {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using SystemError = boost::system::error_code;

constexpr size_t kForgetEvery = 1024;
constexpr Duration kAcceptPause{50};  // when there are no more descriptors

}  // namespace

struct Server::State {
  explicit State(ServerSettings server_settings)
      : settings(std::move(server_settings)),
        service(settings.service),
        threads(settings.threads),
        connections(threads.count()),
        acceptor(threads.io(0)) {}

  Result<void> listen();
  void accept();
  void begin(size_t thread, std::shared_ptr<Connection> connection);

  const ServerSettings settings;
  Service service;
  NetThreads threads;
  std::vector<std::vector<std::weak_ptr<Connection>>> connections;  // of each thread, used on that one only
  tcp::acceptor acceptor;                                           // on the first thread
  size_t next_thread = 0;
  uint16_t port = 0;
};

Result<void> Server::State::listen() {
  SystemError error;
  const auto address = asio::ip::make_address(settings.host, error);
  if (error)
    return fail(ErrorCode::invalid_argument, "{}: the mock listens on an address, not a name", settings.host);
  const tcp::endpoint endpoint(address, settings.port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
  if (!error) port = acceptor.local_endpoint(error).port();
  if (error) {
    return fail(ErrorCode::io, "cannot listen on {}: {}", host_and_port(settings.host, settings.port),
                error.message());
  }
  return {};
}

void Server::State::accept() {
  const size_t thread = next_thread++ % threads.count();
  acceptor.async_accept(threads.io(thread), [this, thread](const SystemError& error, tcp::socket socket) {
    if (!acceptor.is_open()) return;
    if (error) {
      return threads.post_after(0, kAcceptPause, [this] {
        if (acceptor.is_open()) accept();
      });
    }
    begin(thread, std::make_shared<Connection>(std::move(socket), service));
    accept();
  });
}

void Server::State::begin(size_t thread, std::shared_ptr<Connection> connection) {
  threads.post(thread, [this, thread, connection = std::move(connection)] {
    auto& mine = connections[thread];
    if (mine.size() % kForgetEvery == kForgetEvery - 1) {
      std::erase_if(mine, [](const auto& one) { return one.expired(); });
    }
    mine.push_back(connection);
    connection->start();
  });
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Server>> Server::start(ServerSettings settings) {
  auto state = std::make_unique<State>(std::move(settings));
  FERRY_TRY_VOID(state->listen());
  state->threads.post(0, [s = state.get()] { s->accept(); });
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

Server::~Server() {
  State& state = *state_;
  state.threads.run_on_each([&](size_t thread) {
    SystemError ignored;
    if (thread == 0) state.acceptor.close(ignored);
  });
  // Who was accepted before that is there by now.
  state.threads.run_on_each([&](size_t thread) {
    for (const auto& weak : state.connections[thread]) {
      if (const auto connection = weak.lock()) connection->close();
    }
  });
  state.threads.run_on_each([](size_t) {});
}

uint16_t Server::port() const {
  return state_->port;
}

std::string Server::url() const {
  return "http://" + host_and_port(state_->settings.host, state_->port);
}

std::string Server::stats() const {
  return state_->service.stats();
}

}  // namespace ferry::mock
