#pragma once
// The mock upstream: answers like OpenAI's and Anthropic's APIs, fast, and misbehaves as it is told. For
// tests and load.
//
//   FERRY_TRY(auto server, mock::Server::start({.port = 0, .service = {.behaviour = {.tokens = 8}}}));
//   ... server->url() + "/v1" ...
//
// What it can be told stands in behaviour.h, what it answers in docs/mock.md.

#include <cstdint>
#include <memory>
#include <string>

#include "base/core/result.h"
#include "serve/mock/service.h"

namespace ferry::mock {

struct ServerSettings {
  std::string host = "127.0.0.1";
  uint16_t port = 0;  // 0: any free one
  int threads = 1;
  ServiceSettings service = {};
};

class Server {
 public:
  static Result<std::unique_ptr<Server>> start(ServerSettings settings);
  // Cuts every connection.
  ~Server();

  uint16_t port() const;
  std::string url() const;    // "http://127.0.0.1:8081"
  std::string stats() const;  // JSON, as GET /mock/stats gives it

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace ferry::mock
