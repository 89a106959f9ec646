#pragma once
// GET /openapi.json: the routes and what they take, as an OpenAPI 3.1 document.

#include <span>
#include <string>

#include "app/api/router.h"

namespace ferry::api {

std::string openapi_document(std::span<const Route> routes);

}  // namespace ferry::api
