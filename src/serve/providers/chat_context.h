#pragma once
// What a model's chat template is told of a request: the messages in the form that the template wants, tools,
// how much to think.

#include "serve/dialects/exchange.h"
#include "serve/dialects/openai_error.h"
#include "serve/providers/model_voice.h"

namespace ferry {

// The template's variables. Error: a call's arguments that are no JSON object, by the message's field.
ApiResult<json::object> chat_context(const GenerationRequest& request, const ModelVoice& voice);

// A fresh tool call id in the form that the model's template takes.
std::string new_call_id(ToolSyntax syntax);

}  // namespace ferry
