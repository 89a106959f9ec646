#pragma once
// What the server answers to. The table in routes.cpp is all of it.

#include <memory>
#include <span>
#include <string>

#include "app/api/router.h"
#include "app/api/service.h"
#include "base/net/http_server.h"

namespace ferry::api {

std::span<const Route> routes();

// Answers one request: finds the route, checks the key, calls the route's handler. Does not block.
void handle(const Service& service, std::shared_ptr<HttpExchange> exchange);

// The answer to a request that the server refuses before there is an exchange: too large, too slow, not HTTP.
HttpRefusalBody refuse_unread(const Service& service, int status, const std::string& message,
                              const HttpRequest& request);

}  // namespace ferry::api
