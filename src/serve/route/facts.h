#pragma once
// What a route's rules ask about an exchange, read from its typed form.

#include <string_view>

#include "serve/dialects/exchange.h"
#include "serve/route/route_plan.h"

namespace ferry {

// Fills sizes, characters, use of tools, the language if the route asks for it, and the conversation if the
// route is sticky by it. What does not stand in the request (key, team, labels, guard, features, tags, time,
// draw, the hash of a sticky header) is the caller's.
void describe_request(const RouteConfig& route, const GenerationRequest& request, RouteFacts& facts);

// Of what does not change while a conversation goes on: the model, the user, all messages up to the first of
// the user. Not set: there is no message of a user.
std::optional<uint64_t> conversation_hash(const GenerationRequest& request);
// Of a sticky header's value.
uint64_t conversation_hash(std::string_view header_value);

}  // namespace ferry
