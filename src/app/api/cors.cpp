#include "app/api/cors.h"

#include <algorithm>

namespace ferry::api {
namespace {

bool is_origin(std::string_view text) {
  const size_t scheme = text.find("://");
  if (scheme == std::string_view::npos || scheme == 0) return false;
  const std::string_view host = text.substr(scheme + 3);
  return !host.empty() && host.find('/') == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

Result<Cors> Cors::load(std::vector<std::string> origins) {
  Cors cors;
  for (const std::string& origin : origins) {
    if (origin == "*") {
      cors.any_ = true;
    } else if (!is_origin(origin)) {
      return fail(ErrorCode::invalid_argument,
                  "cors_origins: \"{}\" is no origin; write it as https://app.example, or * for all", origin);
    }
  }
  cors.origins_ = std::move(origins);
  return cors;
}

bool Cors::allows(const HttpRequest& request) const {
  const auto origin = request.header("Origin");
  return origin && (any_ || std::find(origins_.begin(), origins_.end(), *origin) != origins_.end());
}

HttpHeaders Cors::headers(const HttpRequest& request) const {
  if (origins_.empty()) return {};
  // What is allowed to one page must not be handed to another by a cache.
  HttpHeaders headers;
  if (!any_) headers.push_back({"Vary", "Origin"});
  if (!allows(request)) return headers;
  headers.push_back({"Access-Control-Allow-Origin", any_ ? "*" : std::string(*request.header("Origin"))});
  headers.push_back({"Access-Control-Expose-Headers", "x-request-id, Retry-After"});
  return headers;
}

bool Cors::is_preflight(const HttpRequest& request) const {
  return request.method == "OPTIONS" && request.header("Access-Control-Request-Method") && allows(request);
}

HttpHeaders Cors::preflight_headers(const HttpRequest& request) {
  HttpHeaders headers = {{"Access-Control-Allow-Methods", "GET, POST, OPTIONS"},
                         {"Access-Control-Max-Age", "600"}};
  if (const auto wanted = request.header("Access-Control-Request-Headers")) {
    headers.push_back({"Access-Control-Allow-Headers", std::string(*wanted)});
  }
  return headers;
}

}  // namespace ferry::api
