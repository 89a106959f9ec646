#include "app/api/principals.h"

#include <chrono>

#include "serve/gateway/gateway.h"

namespace ferry::api {
namespace {

std::optional<std::string_view> secret_of(const HttpRequest& request) {
  constexpr std::string_view kBearer = "Bearer ";
  if (const auto value = request.header("Authorization")) {
    const bool bearer =
        value->size() > kBearer.size() && equal_ignoring_case(value->substr(0, kBearer.size()), kBearer);
    return bearer ? value->substr(kBearer.size()) : std::string_view();
  }
  return request.header("x-api-key");
}

// What follows /v1/.
std::string_view endpoint_of(std::string_view path) {
  constexpr std::string_view kPrefix = "/v1/";
  return path.starts_with(kPrefix) ? path.substr(kPrefix.size())
                                   : path.substr(std::min<size_t>(1, path.size()));
}

// Keys of the settings open the door as ever; those of the database say more.
std::optional<Refusal> find_account(const Service& service, const HttpRequest& request, Call& call) {
  const Accounts& accounts = service.gateway->accounts();
  const auto secret = secret_of(request);
  const bool flag_key =
      !service.keys.empty() && secret && service.keys.find(fmt::format("Bearer {}", *secret));
  if (flag_key || (service.keys.empty() && !accounts.has_keys())) {
    call.principal = accounts.keyless();
    return std::nullopt;
  }
  if (!secret) return no_key(false);
  const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  auto principal = accounts.authenticate(*secret, now);
  if (!principal) {
    Refusal refusal = no_key(true);
    refusal.error.error.message = message_of(principal.error());
    return refusal;
  }
  if ((*principal)->role == Role::auditor) return not_allowed("use models: it is an auditor's");
  if (!(*principal)->may_use_endpoint(endpoint_of(request.path))) {
    return not_allowed(fmt::format("use {}", request.path));
  }
  call.principal = *std::move(principal);
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> find_principal(const Service& service, const HttpRequest& request, Call& call) {
  if (service.gateway != nullptr) {
    const auto refusal = find_account(service, request, call);
    if (!refusal) call.tenant = call.principal->key_id;
    return refusal;
  }
  const auto authorization = request.header("Authorization");
  const auto key = service.keys.find(authorization);
  if (!key) return no_key(authorization.has_value());
  call.tenant = std::to_string(*key);
  return std::nullopt;
}

}  // namespace ferry::api
