#pragma once
// What chat and legacy completions have in common in their answers.

#include <string_view>

#include "base/core/json.h"
#include "serve/dialects/exchange.h"

namespace ferry {

// Writes the members id, object, created, model and system_fingerprint.
void write_identity(JsonWriter& w, const ExchangeIdentity& identity, std::string_view object);

void write_usage(JsonWriter& w, const Usage& usage);

// "stop", "length", or null while there is none.
void write_finish_reason(JsonWriter& w, std::optional<FinishReason> finish);

// A chunk with no choices but the usage: the last before [DONE].
std::string usage_chunk(const ExchangeIdentity& identity, std::string_view object, const Usage& usage);

// JSON has no infinities; -9999 is what OpenAI sends for tokens of no probability.
double wire_logprob(float logprob);

}  // namespace ferry
