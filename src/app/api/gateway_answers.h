#pragma once
// The HTTP half of the gateway: requests in, answers and refusals out, each in the client's dialect.

#include "app/api/call.h"
#include "app/api/service.h"
#include "serve/dialects/wire_dialect.h"

namespace ferry::api {

// To those who ask a server without routes for what the gateway does.
Refusal needs_routes(const Call& call);

// REQUIRES: service.gateway. Returns at once.
void answer_through_gateway(const Service& service, Call call, const WireDialect& dialect);

// POST /v1/messages, Anthropic's.
void messages(const Service& service, Call call);
// POST /v1/messages/count_tokens. What a route's first target would count: exactly where it is our own,
// otherwise an estimate from the bytes. Nothing leaves for it.
void count_tokens(const Service& service, Call call);
// GET /v1/capabilities: what each dialect and target can do.
void capabilities(const Service& service, Call call);

}  // namespace ferry::api
