#pragma once
// Anthropic's answers, streams and errors, as they come back from an upstream.

#include <memory>
#include <string_view>

#include "serve/dialects/wire_dialect.h"

namespace ferry {

ApiResult<WireAnswer> read_anthropic_answer(std::string_view body);
std::unique_ptr<EventReader> read_anthropic_events();
// {"type": "error", "error": {"type", "message"}}
ApiError read_anthropic_error(int status, const WireHeaders& headers, std::string_view body);

// The model's name at the top level, and in the message that a stream begins with.
std::string patch_anthropic_answer(std::string_view body, std::string_view model);
std::string patch_anthropic_event(std::string_view data, std::string_view model);

}  // namespace ferry
