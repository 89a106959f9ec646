#pragma once
// What form an answer is to have: OpenAI's response_format, and the names that vLLM (structured_outputs,
// guided_*), llama.cpp (json_schema, grammar), SGLang (regex, ebnf) and Ollama (format) have for the same.

#include "serve/dialects/exchange.h"
#include "serve/dialects/field_reader.h"

namespace ferry {

// At most one of them may ask for something; the second is refused.
void read_output_format(FieldReader& fields, GenerationRequest& request);

}  // namespace ferry
