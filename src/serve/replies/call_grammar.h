#pragma once
// The texts in which a model may call tools, as data for whoever turns it into a grammar that constrains
// sampling: forced and strict calls are then right by construction. ReplyParser reads every text that it
// admits as calls of these tools, with arguments that are valid by their schemas.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/core/json.h"
#include "base/core/result.h"
#include "serve/replies/reply_parser.h"
#include "serve/replies/syntax.h"

namespace ferry {

struct ReplyGrammar {
  enum class Kind : uint8_t {
    literal,   // `text`, as it is
    marker,    // `text`: one special token where the vocabulary has it as such, else as a literal
    json,      // a JSON text that is valid by `schema`
    free,      // any text, also none, in which `text` does not occur. In a sequence `text` comes next
    sequence,  // `parts`, one after the other
    choice,    // one of `parts`
    optional,  // parts[0] or nothing
    repeat,    // parts[0], any number of times, also none
  };

  Kind kind = Kind::sequence;
  std::string text = {};
  json::value schema = {};
  std::vector<ReplyGrammar> parts = {};
};

// How an answer may look as a whole.
// No call can come about that it does not cover, so none is withdrawn: they may be streamed.
struct CallConstraint {
  // Empty: the grammar is the answer. Otherwise the answer is any text, and where one of these occurs in it
  // the grammar holds, from the first byte of this text on.
  std::vector<std::string> triggers = {};
  ReplyGrammar grammar = {};
  // With triggers: an answer that begins with one of these, white space aside (and wherever they have a
  // space), is `opening` as a whole. Of syntaxes in which calls need no marker at an answer's beginning.
  std::vector<std::string> openings = {};
  ReplyGrammar opening = {};
  bool goes_on = false;  // behind the grammar comes any text again, and triggers in it; else the end
};

enum class CallDuty : uint8_t {
  may,   // the model may call, or answer in words
  must,  // it calls
};

// Calls of `tools`, one or, if `parallel`, several.
// Errors: invalid_argument (no tools; a name that the syntax cannot write; parameters that are no object),
// unsupported (ToolSyntax::none; where a syntax writes parameters one by one (pythonic, <parameter=…>): a
// schema that does not list them, or that asks more of a text than such a parameter can promise),
// resource_exhausted (schemas too large for that).
Result<CallConstraint> constrain_calls(ToolSyntax syntax, std::span<const ReplyTool> tools, CallDuty duty,
                                       bool parallel);

}  // namespace ferry
