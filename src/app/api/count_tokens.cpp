#include "app/api/gateway_answers.h"
#include "serve/dialects/anthropic_answer.h"
#include "serve/dialects/anthropic_request.h"
#include "serve/gateway/gateway.h"
#include "serve/route/facts.h"

namespace ferry::api {
namespace {

// As the gateway itself refuses it; null: sent.
const RouteConfig* find_route(const GatewayConfig& config, const Call& call, const std::string& name) {
  const RouteConfig* route = config.route(name);
  if (route != nullptr && call.principal->may_use_route(route->name)) return route;
  std::vector<std::string> names;
  for (const auto& [known, unused] : config.routes) {
    if (call.principal->may_use_route(known)) names.push_back(known);
  }
  reply(call, no_such_model(name, names));
  return nullptr;
}

void reply_count(const Call& call, int64_t tokens) {
  reply_json(call, 200, write_anthropic_token_count(tokens));
}

}  // namespace

void count_tokens(const Service& service, Call call) {
  if (service.gateway == nullptr) return reply(call, needs_routes(call));
  if (const auto refusal = check_json(call.exchange->request())) return reply(call, *refusal);
  auto request = read_anthropic_count(call.exchange->request().body);
  if (!request) return reply(call, refusal_of(std::move(request).error()));
  const auto snapshot = service.gateway->snapshot();
  const RouteConfig* route = find_route(*snapshot->config, call, request->model);
  if (route == nullptr) return;
  const TargetConfig& target = *route->use.targets.front().target;
  if (!target.is_local()) {
    RouteFacts facts;
    describe_request(*route, *request, facts);
    return reply_count(call, likely_prompt_tokens(facts.size));
  }
  request->model = target.model;
  service.provider->tokenize(*std::move(request), [call](auto tokenized) {
    if (!tokenized) return reply(call, refusal_of(std::move(tokenized).error()));
    reply_count(call, static_cast<int64_t>(tokenized->tokens.size()));
  });
}

}  // namespace ferry::api
