#pragma once
// The tools of a chat: `tools`, `tool_choice`, `parallel_tool_calls`.

#include "serve/dialects/exchange.h"
#include "serve/dialects/field_reader.h"

namespace ferry {

void read_openai_tools(FieldReader& fields, GenerationRequest& request);

}  // namespace ferry
