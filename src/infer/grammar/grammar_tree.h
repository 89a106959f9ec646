#pragma once
// A language said part by part: texts, special tokens, JSON by a schema, free text. What tool calls and
// thoughts are made of.

#include <cstdint>
#include <string>
#include <vector>

#include "base/core/json.h"

namespace ferry {

struct GrammarTree {
  enum class Kind : uint8_t {
    literal,  // `text`, valid UTF-8, as it is, however it is cut into tokens
    special,  // `text`: where a token of the vocabulary has exactly this text, that token and nothing else,
              // since that is what the model has learnt, not the same text in pieces; otherwise as a literal.
              // A token that ends an answer is refused.
    schema,   // a JSON text that is valid by `schema`
    free,  // any characters, also none, in which `text` (not empty) does not occur, nor begins so that what
           // stands after it completes it: `text` comes next, and it is there that it occurs first. No
           // special tokens.
    sequence,  // `parts`, one after the other
    choice,    // one of `parts`
    optional,  // parts[0] or nothing
    repeat,    // parts[0], any number of times, also none
  };

  Kind kind = Kind::sequence;
  std::string text = {};
  json::value schema = {};
  std::vector<GrammarTree> parts = {};
};

// An answer that is one text of the tree; or, with triggers, any answer, in which a text of the tree stands
// wherever a trigger occurs.
//
//   TreeSource calls{.tree = call, .triggers = {"<tool_call>"}, .goes_on = true};
//
// With triggers the answer is free text: any tokens, special ones and those of incomplete characters too, and
// it may end at any place. In it a trigger's text, or its token where `tree` has it as `special`, can only
// come as the beginning of a text of the tree, which therefore begins with each of them. Behind the tree's
// text the answer ends, or, with goes_on, is free text again, with triggers in it. A token may reach across
// the border either way. Masks of free text are worked out once for each part of a trigger that may have
// begun; then they cost a copy.
//
// Some texts are recognised at an answer's beginning only: one that begins with a text of `openings` is a
// text of `opening`, as a whole. White space may come before that text, and stands wherever it has a space,
// or none.
struct TreeSource {
  GrammarTree tree;
  std::vector<std::string> triggers = {};  // none empty; no end of one begins another or itself
  bool goes_on = false;
  std::vector<std::string> openings = {};  // none empty; only with triggers
  GrammarTree opening = {};
  // Of the schemas, as in JsonSchemaSource.
  bool closed_objects = false;
  bool in_order = false;
  bool compact = false;
};

}  // namespace ferry
