#pragma once
// The parameters of a tool, for syntaxes that write them one by one.

#include <string>
#include <vector>

#include "base/core/result.h"
#include "serve/replies/call_grammar.h"

namespace ferry {

struct ToolParameter {
  std::string name;
  bool required = false;
  json::value schema;  // stands alone: the definitions that it refers to are in it
};

// In the schema's order. Errors: unsupported, resource_exhausted; messages begin with the tool.
Result<std::vector<ToolParameter>> list_parameters(const ReplyTool& tool);

// What may stand between <parameter=…> and </parameter>: texts as they are, everything else as JSON, so that
// parameter_to_json() makes a valid value of it. Error: unsupported.
Result<ReplyGrammar> parameter_text_grammar(const ReplyTool& tool, const ToolParameter& parameter);

}  // namespace ferry
