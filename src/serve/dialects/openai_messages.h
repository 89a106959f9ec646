#pragma once
// The messages of a chat, and what its template gets beside them.

#include "serve/dialects/exchange.h"
#include "serve/dialects/field_reader.h"

namespace ferry {

// `body` is what `fields` reads from; its messages are moved into the request.
void read_openai_messages(json::object& body, FieldReader& fields, GenerationRequest& request);

// chat_template_kwargs, documents, add_generation_prompt, continue_final_message.
void read_template_options(FieldReader& fields, GenerationRequest& request);

}  // namespace ferry
