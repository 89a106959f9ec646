#pragma once
// The parts of a message in OpenAI's form, and the thoughts that gateways add to it.

#include "serve/dialects/exchange.h"
#include "serve/dialects/field_reader.h"

namespace ferry {

// One of `content`'s parts; what our engine cannot take is noted on `message`.
void read_openai_part(const json::value& value, std::string path, FieldReader& message, ChatMessage& out);

// The thoughts of an assistant's earlier turn: LiteLLM's thinking_blocks, OpenRouter's reasoning_details, or
// reasoning_content and reasoning, which have no signatures. The first of these that is there counts.
void read_openai_thoughts(FieldReader& message, ChatMessage& out);

}  // namespace ferry
