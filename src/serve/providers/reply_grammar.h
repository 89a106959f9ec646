#pragma once
// The form that a request demands of its answers, as a grammar: formats and calls.

#include <memory>
#include <vector>

#include "infer/host/host.h"
#include "serve/dialects/exchange.h"
#include "serve/dialects/openai_error.h"
#include "serve/replies/syntax.h"

namespace ferry {

// Those that may be called.
std::vector<const ToolDefinition*> callable_tools(const ToolRequest& request);

// Whether calls are to be right by construction: one must be made, or not more than one, or strict ones, or
// only some of those that the model is told about.
bool constrains_calls(const ToolRequest& request);

// Compiles it, unless it is known. REQUIRES: the request has a format or constrains calls, and where it
// offers tools the syntax is not none. Errors name the field.
ApiResult<std::shared_ptr<const Grammar>> answer_grammar(const GenerationRequest& request,
                                                         const HostedModel& model, ToolSyntax syntax);

}  // namespace ferry
