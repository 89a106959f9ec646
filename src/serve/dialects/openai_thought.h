#pragma once
// How a chat's model is to think: OpenAI's reasoning_effort, vLLM's thinking_token_budget and
// include_reasoning, llama.cpp's reasoning_format and reasoning_budget_tokens.

#include "serve/dialects/exchange.h"
#include "serve/dialects/field_reader.h"

namespace ferry {

void read_openai_thought(FieldReader& fields, ThoughtPolicy& thought);

}  // namespace ferry
