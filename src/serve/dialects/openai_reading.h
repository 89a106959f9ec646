#pragma once
// Answers of OpenAI's API and of those who follow it, as they come back from an upstream: chats and
// completions.

#include <memory>
#include <string_view>

#include "serve/dialects/wire_dialect.h"

namespace ferry {

ApiResult<WireAnswer> read_openai_answer(std::string_view body);

// Chunks of chat.completion.chunk and text_completion, and [DONE].
std::unique_ptr<EventReader> read_openai_events();

// {"error": {"message", "type", "code"}}, and what servers answer in its place.
ApiError read_openai_error(int status, const WireHeaders& headers, std::string_view body);

Usage read_openai_usage(const json::value& usage);

// The top-level member `model`; texts that are no objects stay as they are.
std::string patch_openai_model(std::string_view text, std::string_view model);

}  // namespace ferry
