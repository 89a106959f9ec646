#pragma once
// Requests in OpenAI's form, with vLLM's names for what OpenAI has no name for.

#include <string>

#include "serve/dialects/exchange.h"
#include "serve/dialects/wire_dialect.h"

namespace ferry {

// The message and the tool as OpenAI's API has them, made of the typed fields. Thoughts become
// reasoning_content, and where they are sealed thinking_blocks as well; a document that is text becomes a
// part of text.
json::value openai_message(const ChatMessage& message);
json::value openai_tool(const ToolDefinition& tool);

// A chat, or raw prompts.
WireRequest write_openai_request(const GenerationRequest& request, const WriteOptions& options);

// The body with the model's name in it and, for a stream whose usage is wanted, stream_options.include_usage.
ApiResult<WireRequest> patch_openai_request(std::string_view body, const GenerationRequest& request,
                                            const WriteOptions& options);

// How hard to think, for who has a budget of tokens, and the other way round. The tokens are those of
// Gemini's OpenAI-compatible API (ai.google.dev/gemini-api/docs/openai, "thinking"); the highest efforts have
// more.
std::string_view effort_of_budget(int64_t tokens);
int64_t budget_of_effort(std::string_view effort);

}  // namespace ferry
