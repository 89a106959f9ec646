#pragma once
// Our answers in Anthropic's form.

#include <memory>
#include <string>

#include "serve/dialects/wire_dialect.h"

namespace ferry {

std::string write_anthropic_answer(const ExchangeIdentity& identity, const GenerationResult& result,
                                   const GenerationRequest& request);

// One choice. A call ends where the next begins: pieces of an earlier one end the stream with an error.
std::unique_ptr<EventWriter> write_anthropic_events(ExchangeIdentity identity,
                                                    const GenerationRequest& request);

// {"type": "error", "error": {"type", "message"}}
std::string write_anthropic_error(int status, const ApiError& error);

// {"input_tokens": 7}, the answer of count_tokens.
std::string write_anthropic_token_count(int64_t tokens);
ApiResult<int64_t> read_anthropic_token_count(std::string_view body);

}  // namespace ferry
