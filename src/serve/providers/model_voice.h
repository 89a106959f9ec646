#pragma once
// How one model writes thoughts and tool calls, and what its chat template wants to be told of them: read off
// the template once.

#include <string_view>
#include <vector>

#include "infer/host/host.h"
#include "serve/replies/syntax.h"

namespace ferry {

struct ModelVoice {
  ReplySyntax syntax;
  bool text_arguments = false;  // the template prints a call's arguments as it gets them: as JSON text, not
                                // as the object
  bool null_content = true;     // it wants null where there are calls and no text; else ""
  bool reads_effort = false;    // the template knows `reasoning_effort`
  bool reads_thinking = false;  // the template can be told not to think
};

// Of a model, whose parsers may be named (find_tool_syntax()) or "auto". Renders the template, so it takes a
// millisecond. Errors: as find_tool_syntax().
Result<ModelVoice> voice_of(const HostedModel& model, std::string_view tool_parser,
                            std::string_view reasoning_parser);

// The special tokens that carry a reply's structure in this syntax.
std::vector<TokenId> marker_tokens(const Tokenizer& tokenizer, ReplySyntax syntax);

}  // namespace ferry
