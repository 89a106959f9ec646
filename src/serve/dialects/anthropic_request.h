#pragma once
// Anthropic's POST /v1/messages: requests read and written (platform.claude.com/docs/en/api/messages).
//
// A user's message with results of tools becomes several in the typed form: each result one of role "tool",
// the rest one of role "user". Writing puts neighbours of one role together again.

#include <string_view>

#include "serve/dialects/wire_dialect.h"

namespace ferry {

ApiResult<GenerationRequest> read_anthropic_request(std::string_view body);
// POST /v1/messages/count_tokens: the same without a limit of the answer.
ApiResult<GenerationRequest> read_anthropic_count(std::string_view body);

// Errors: what no message of Anthropic's can hold (arguments that are no JSON object, a file that OpenAI
// keeps), by the field at fault.
ApiResult<WireRequest> write_anthropic_request(const GenerationRequest& request, const WriteOptions& options);
ApiResult<WireRequest> write_anthropic_count(const GenerationRequest& request, const WriteOptions& options);

}  // namespace ferry
