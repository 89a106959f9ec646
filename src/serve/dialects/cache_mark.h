#pragma once
// {"type": "ephemeral", "ttl": "1h"}: Anthropic's cache_control, which OpenAI's clients send to gateways,
// too.

#include <optional>

#include "serve/dialects/exchange.h"
#include "serve/dialects/field_reader.h"

namespace ferry {

// The object's member cache_control. What is no such mark counts as a hint that was not read.
std::optional<CacheMark> read_cache_mark(FieldReader& fields);

void write_cache_mark(JsonWriter& w, const std::optional<CacheMark>& mark);
json::object cache_mark_json(const CacheMark& mark);

}  // namespace ferry
