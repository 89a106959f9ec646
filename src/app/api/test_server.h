#pragma once
// For tests: the API over a FakeProvider, on a port of its own.

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "app/api/fake_provider.h"
#include "app/api/routes.h"
#include "base/net/http_client.h"
#include "base/observe/log.h"

namespace ferry::api {

class TestServer {
 public:
  explicit TestServer(const std::vector<std::string>& keys = {}) {
    set_log(LogLevel::off, LogFormat::automatic);
    service.models = {{.names = {"fake", "acme/fake-2"},
                       .target = "target",
                       .created = 1700000000,
                       .max_model_len = 4096,
                       .fingerprint = "fp_test"}};
    service.provider = &provider;
    service.keys = ApiKeys::load(keys, "").value();
    service.check_host = keys.empty();
    HttpServerSettings settings;
    settings.port = 0;
    settings.max_body = ByteSize{1 << 16};
    const auto answer = [this](std::shared_ptr<HttpExchange> exchange) {
      handle(service, std::move(exchange));
    };
    const auto refuse = [this](int status, const std::string& message, const HttpRequest& request) {
      return refuse_unread(service, status, message, request);
    };
    server = HttpServer::start(settings, answer, refuse).value();
  }

  std::string url(std::string_view target) const { return server->url() + std::string(target); }

  FakeProvider provider;
  Service service;
  std::unique_ptr<HttpServer> server;
};

}  // namespace ferry::api
