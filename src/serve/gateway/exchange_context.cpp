#include "serve/gateway/exchange_context.h"

#include <algorithm>

namespace ferry {
namespace {

std::string_view operation_of(const ExchangeContext& exchange) {
  if (exchange.call.dialect == &kOpenAiEmbeddings) return "embeddings";
  return exchange.call.dialect == &kOpenAiCompletions ? "text_completion" : "chat";
}

}  // namespace

ExchangeContext::ExchangeContext(Gateway& its_gateway, GatewayCall its_call)
    : gateway(its_gateway),
      snapshot(its_gateway.snapshot()),
      call(std::move(its_call)),
      thread(its_gateway.threads().choose()),
      began_us(unix_now_us()),
      id(ExchangeId::make(began_us)) {}

ObservedExchange ExchangeContext::observed() const {
  return {.id = id,
          .route = route != nullptr ? std::string_view(route->name) : std::string_view(),
          .dialect = call.dialect->name,
          .operation = operation_of(*this),
          .key_id = call.principal->key_id,
          .team_id = call.principal->team_id,
          .traceparent = find_header(call.headers, "traceparent").value_or(std::string_view()),
          .stream = request.stream,
          .began_us = began_us};
}

Intent ExchangeContext::intent() const {
  return {.exchange = id,
          .key_id = call.principal->key_id,
          .team_id = call.principal->team_id,
          .user = request.user,
          .route = route->name,
          .dialect = std::string(call.dialect->name),
          .labels = facts.labels,
          .reasons = facts.guard.reasons,
          .stream = request.stream,
          .request_digest = digest};
}

Verdict judge_again(const ExchangeContext& exchange, const GatewayConfig& config,
                    const TargetConfig& target) {
  std::vector<std::string> labels = exchange.facts.labels;
  const auto add = [&labels](const auto& more) { labels.insert(labels.end(), more.begin(), more.end()); };
  if (const RouteConfig* route = config.route(exchange.route->name)) add(route->labels);
  GuardDecision decision;
  if (config.detects) {
    GenerationRequest request = exchange.request;
    const Result<Inspection> inspection = inspect(*config.detectors, request);
    add(labels_of(config.policy, *inspection));
    decision = decide(config.policy, labels, inspection);
  } else {
    decision = decide(config.policy, labels);
  }
  // Where a target is not part of the configuration any more, nothing is known of where it is.
  const TargetConfig* now = config.target(target.name);
  const Destination unknown{.is_local = target.is_local(), .provider = target.provider->name, .region = {}};
  return judge(decision, now != nullptr ? now->destination() : unknown);
}

}  // namespace ferry
