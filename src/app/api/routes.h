#pragma once
// What the server answers to. The table in routes.cpp is all of it.

#include <memory>

#include "app/api/service.h"
#include "base/net/http_server.h"

namespace ferry::api {

// Answers one request: finds the route, checks the key, calls the route's handler. Does not block.
void handle(const Service& service, std::shared_ptr<HttpExchange> exchange);

}  // namespace ferry::api
