#include "app/api/router.h"

#include <optional>

#include "app/api/principals.h"

namespace ferry::api {
namespace {

// The parameter's text where `path` is the route's; empty for a route without parameter.
std::optional<std::string_view> match(const Route& route, std::string_view path) {
  const size_t brace = route.path.find('{');
  if (brace == std::string_view::npos) {
    return path == route.path ? std::optional(std::string_view()) : std::nullopt;
  }
  const std::string_view prefix = route.path.substr(0, brace);
  if (!path.starts_with(prefix) || path.size() == prefix.size()) return std::nullopt;
  return path.substr(prefix.size());
}

bool takes(const Route& route, std::string_view method) {
  return route.method == method || (route.method == "GET" && method == "HEAD");
}

std::optional<Refusal> check_access(const Service& service, const HttpRequest& request, Call& call) {
  if (const auto refusal = find_principal(service, request, call)) return refusal;
  const auto host = request.header("Host");
  if (service.check_host && host && !names_this_machine(*host)) return foreign_host(*host);
  return std::nullopt;
}

Call begin_call(const Service& service, std::shared_ptr<HttpExchange> exchange) {
  Call call{
      .exchange = std::move(exchange), .request_id = {}, .headers = {}, .metrics = service.http_metrics};
  const HttpRequest& request = call.exchange->request();
  call.request_id = request_id_for(request);
  call.headers = service.cors.headers(request);
  call.headers.push_back({std::string(kRequestId), call.request_id});
  return call;
}

}  // namespace

void dispatch(std::span<const Route> routes, const Service& service, std::shared_ptr<HttpExchange> exchange) {
  Call call = begin_call(service, std::move(exchange));
  const HttpRequest& request = call.exchange->request();
  std::string_view allowed;
  for (const Route& route : routes) {
    const auto parameter = match(route, request.path);
    if (!parameter) continue;
    allowed = route.method;
    call.route = route.path;
    if (service.cors.is_preflight(request)) return reply_empty(call, 204, Cors::preflight_headers(request));
    if (!takes(route, request.method)) continue;
    if (route.access == Access::key) {
      if (const auto refusal = check_access(service, request, call)) return reply(call, *refusal);
    }
    auto decoded = percent_decode(*parameter);
    if (!decoded) return reply(call, refusal_of({std::move(decoded).error(), {}, {}}));
    call.parameter = *std::move(decoded);
    return route.handler(service, std::move(call));
  }
  if (!allowed.empty()) return reply(call, wrong_method(request.method, request.path, allowed));
  reply(call, no_such_path(request.method, request.path));
}

}  // namespace ferry::api
