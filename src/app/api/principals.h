#pragma once
// Who is asking.

#include <optional>

#include "app/api/call.h"
#include "app/api/refusal.h"
#include "app/api/service.h"

namespace ferry::api {

// Fills the call's tenant and principal, or says why the request is not answered: no key, none of ours, or
// one that may not use this endpoint. A key comes as Authorization: Bearer, or as x-api-key.
std::optional<Refusal> find_principal(const Service& service, const HttpRequest& request, Call& call);

}  // namespace ferry::api
