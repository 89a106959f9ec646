#include "app/api/gateway_answers.h"

#include <map>
#include <string>
#include <vector>

#include "app/api/refusal.h"
#include "base/net/sse.h"
#include "serve/gateway/gateway.h"

namespace ferry::api {
namespace {

void reply_in(const WireDialect& dialect, const Call& call, const Refusal& refusal) {
  reply_json(call, refusal.status, dialect.write_error(refusal.status, refusal.error), refusal.headers);
}

class HttpGatewayClient final : public GatewayClient {
 public:
  HttpGatewayClient(Call call, const WireDialect& dialect) : call_(std::move(call)), dialect_(dialect) {}
  // Unanswered: the client went away, and nobody is left to be told. 499 is what nginx logs for that.
  ~HttpGatewayClient() override {
    if (!answered_) log_reply(call_, 499);
  }

  void refuse(const ApiError& error, HttpHeaders headers) override {
    answered_ = true;
    Refusal refusal = refusal_of(error);
    refusal.headers.insert(refusal.headers.end(), headers.begin(), headers.end());
    reply_in(dialect_, call_, refusal);
  }
  void whole(std::string_view body, HttpHeaders headers) override {
    answered_ = true;
    reply_json(call_, 200, body, std::move(headers));
  }
  void begin(HttpHeaders headers) override {
    headers.push_back({"Cache-Control", "no-cache"});
    headers.push_back({"X-Accel-Buffering", "no"});
    call_.exchange->begin_stream(200, kSseContentType, reply_headers(call_, std::move(headers)));
  }
  void events(std::string_view bytes) override { call_.exchange->write(bytes); }
  void end() override { close(200); }
  void fail(const ApiError& error, std::string_view event) override {
    call_.exchange->write(event);
    close(status_of(error));
  }
  int status_of(const ApiError& error) const override { return refusal_of(error).status; }

 private:
  void close(int status) {
    answered_ = true;
    call_.exchange->end();
    log_reply(call_, status);
  }

  const Call call_;
  const WireDialect& dialect_;
  bool answered_ = false;
};

}  // namespace

Refusal needs_routes(const Call& call) {
  return refusal_of({.error = {ErrorCode::unsupported,
                               fmt::format("{} is the gateway's: start the server with routes in its "
                                           "configuration (--config, docs/gateway.md)",
                                           call.route)},
                     .param = {},
                     .reason = "no_routes"});
}

void answer_through_gateway(const Service& service, Call call, const WireDialect& dialect) {
  const std::shared_ptr<HttpExchange> exchange = call.exchange;
  const HttpRequest& request = exchange->request();
  auto in_flight = service.in_flight;
  if (in_flight->draining()) return reply_in(dialect, call, refusal_of(shutting_down()));
  if (const auto refusal = check_json(request)) return reply_in(dialect, call, *refusal);
  GatewayCall asked{
      .dialect = &dialect, .body = request.body, .headers = request.headers, .principal = call.principal};
  auto client = std::make_unique<HttpGatewayClient>(std::move(call), dialect);
  const auto handle = service.gateway->answer(std::move(asked), std::move(client));
  // Weak: what is registered must not keep alive what ends the registration.
  const std::weak_ptr<GatewayHandle> weak = handle;
  handle->keep(in_flight->add([weak] {
    if (const auto running = weak.lock()) running->end(shutting_down());
  }));
  exchange->on_disconnect([weak] {
    if (const auto running = weak.lock()) running->cancel();
  });
}

void messages(const Service& service, Call call) {
  if (service.gateway == nullptr) return reply(call, needs_routes(call));
  answer_through_gateway(service, std::move(call), kAnthropicMessages);
}

void capabilities(const Service& service, Call call) {
  if (service.gateway == nullptr) return reply(call, needs_routes(call));
  const auto snapshot = service.gateway->snapshot();
  // Of the routes that the key may use: others it does not hear of.
  std::map<std::string, FeatureSet> targets;
  for (const auto& [name, route] : snapshot->config->routes) {
    if (!call.principal->may_use_route(name)) continue;
    for_each_target(route,
                    [&](const TargetConfig& target) { targets.emplace(target.name, abilities(target)); });
  }
  std::vector<CapabilityRow> rows;
  for (const auto& [name, features] : targets) rows.push_back({.name = name, .features = features});
  reply_json(call, 200, capabilities_json(rows));
}

}  // namespace ferry::api
