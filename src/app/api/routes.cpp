#include "app/api/routes.h"

#include "app/api/handlers.h"
#include "app/api/router.h"

namespace ferry::api {
namespace {

constexpr Route kRoutes[] = {
    {"GET", "/health", Access::anybody, health},
    {"GET", "/version", Access::key, version},
    {"GET", "/v1/models", Access::key, list_models},
    {"GET", "/v1/models/{model}", Access::key, show_model},
    {"POST", "/v1/chat/completions", Access::key, chat_completions},
    {"POST", "/v1/completions", Access::key, completions},
};

}  // namespace

void handle(const Service& service, std::shared_ptr<HttpExchange> exchange) {
  dispatch(kRoutes, service, std::move(exchange));
}

}  // namespace ferry::api
