#pragma once
// From a request to the handler of its route.

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "app/api/call.h"
#include "app/api/service.h"

namespace ferry::api {

using Handler = void (*)(const Service& service, Call call);

enum class Access : uint8_t { anybody, key };

struct Route {
  std::string_view method;
  std::string_view path;  // may end in one {parameter}, which takes the rest of the path, slashes included
  Access access;
  Handler handler;
  std::string_view summary;
  std::string_view body = {};  // the name of what it takes, in openapi.cpp
};

// Answers 404 and 405 itself, and 401 and 403 where the route asks for a key. HEAD is answered as GET.
void dispatch(std::span<const Route> routes, const Service& service, std::shared_ptr<HttpExchange> exchange);

}  // namespace ferry::api
