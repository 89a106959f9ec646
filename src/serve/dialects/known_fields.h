#pragma once
// The fields of OpenAI's API, and of the extensions that vLLM, SGLang and llama.cpp's server made to it, that
// no dialect here reads: those that change no answer are accepted, the others refused by name. docs/api.md
// lists all; a test holds it to that.

#include "serve/dialects/field_reader.h"

namespace ferry {

// What all ways to ask for text have in common.
void settle_common_fields(FieldReader& fields);
// What chats and completions have in common beside that.
void settle_openai_fields(FieldReader& fields);

// Beside these each has its own, and refuses the other's: who sends "tools" with a completion expects
// something that will not come.
void settle_chat_fields(FieldReader& fields);
void settle_completion_fields(FieldReader& fields);

// Of POST /infill.
void settle_infill_fields(FieldReader& fields);

// Of POST /tokenize.
void settle_tokenize_fields(FieldReader& fields);

}  // namespace ferry
