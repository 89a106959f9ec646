#include "app/api/handlers.h"

#include "base/core/json.h"
#include "serve/dialects/model_lists.h"
#include "serve/gateway/gateway.h"

namespace ferry::api {
namespace {

ModelEntry entry_of(const ServedModel& model, const std::string& name) {
  return {.id = name, .created = model.created, .owner = "ferry", .max_model_len = model.max_model_len};
}

std::string object_with(std::string_view key, std::string_view text) {
  std::string body;
  JsonWriter w(body);
  w.begin_object();
  w.member(key, text);
  w.end_object();
  return body;
}

// The routes that the key may use, instead of models.
std::vector<ModelEntry> route_entries(const Service& service, const Call& call) {
  std::vector<ModelEntry> entries;
  for (const auto& [name, route] : service.gateway->snapshot()->config->routes) {
    if (call.principal->may_use_route(name)) entries.push_back({.id = name, .created = 0, .owner = "ferry"});
  }
  return entries;
}

// What the caller may name as a model.
std::vector<ModelEntry> entries_for(const Service& service, const Call& call) {
  if (service.gateway != nullptr) return route_entries(service, call);
  std::vector<ModelEntry> entries;
  for (const ServedModel& model : service.models) {
    for (const std::string& name : model.names) entries.push_back(entry_of(model, name));
  }
  return entries;
}

// What other keys use and spend is not an application's business.
bool may_see_everybody(const Call& call) {
  return !call.principal || call.principal->key_id.empty() || call.principal->role == Role::admin;
}

}  // namespace

void health(const Service& service, Call call) {
  const auto answer = [call](const Result<void>& alive) {
    if (!alive) return reply(call, refusal_of({alive.error(), {}, {}}));
    reply_json(call, 200, object_with("status", "ok"));
  };
  if (service.in_flight->draining()) return reply(call, refusal_of(shutting_down()));
  if (!service.liveness) return answer({});
  service.liveness(answer);
}

void version(const Service& /*service*/, Call call) {
  reply_json(call, 200, object_with("version", FERRY_VERSION));
}

void list_models(const Service& service, Call call) {
  const std::vector<ModelEntry> entries = entries_for(service, call);
  const bool anthropic = speaks_anthropic(call.exchange->request());
  reply_json(call, 200, anthropic ? anthropic_model_list_json(entries) : openai_model_list_json(entries));
}

void show_model(const Service& service, Call call) {
  const bool anthropic = speaks_anthropic(call.exchange->request());
  std::vector<std::string> names;
  for (const ModelEntry& entry : entries_for(service, call)) {
    if (entry.id != call.parameter) {
      names.push_back(entry.id);
      continue;
    }
    return reply_json(call, 200, anthropic ? anthropic_model_json(entry) : openai_model_json(entry));
  }
  reply(call, no_such_model(call.parameter, names));
}

void metrics(const Service& service, Call call) {
  const auto engines = service.engines ? service.engines() : std::vector<EngineReading>();
  const MetricsWriter gateway = may_see_everybody(call) ? service.gateway_metrics : MetricsWriter();
  reply_text(call, 200, kMetricsContentType, metrics_page(engines, *service.http_metrics, gateway));
}

}  // namespace ferry::api
