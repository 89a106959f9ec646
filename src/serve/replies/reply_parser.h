#pragma once
// Reads a model's text while it comes: which of it is thought, which is answer, and which calls a tool.
//
//   ReplyParser parser({.syntax = syntax, .tools = tools});
//   for each piece: for (ReplyEvent& event : parser.take(piece)) ...
//   for (ReplyEvent& event : parser.finish()) ...
//
// However the text is cut into pieces, the events are the same but for where their texts are cut.
//
// - A thought stands at the beginning or nowhere. What looks like a call inside it is thought. A thought that
//   is never closed goes to the end.
// - White space beside a marker belongs to the marker: "<think>\nHm.\n</think>\n\nYes." is thought "Hm." and
//   content "Yes.". Apart from that and the markers, every byte is thought, content or part of a call.
// - A call is whole when its arguments are, even if the marker that should close it never comes.
// - What begins like a call and turns out not to be one is content, from its marker to the byte that broke
// it;
//   there reading goes on. So is a call that the text ends in. No byte is lost.
// - Arguments are passed on as the model wrote them where they are JSON; what is not (pythonic,
// <parameter=…>)
//   is converted, for the latter by the types that the tool's schema gives.
// - A call that no marker announces (bare JSON, pythonic, <function=…> alone) counts only if it names one of
//   `tools`; an announced one may have any name, so that the application can tell the model that there is no
//   such tool.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/json.h"
#include "serve/replies/reply.h"
#include "serve/replies/syntax.h"

namespace ferry {

struct ReplyTool {
  std::string name;
  json::value parameters;  // JSON Schema of the arguments, an object; null: there are none
};

using ReplyTools = std::vector<ReplyTool>;

struct ReplyOptions {
  enum class Calls : uint8_t {
    whole,     // a call is told when it is whole: none is ever withdrawn
    streamed,  // as it comes: begun when its name is known (pythonic: when it is whole). If it breaks later
               // it is withdrawn. For calls that a grammar enforces, which end early at most
  };

  ReplySyntax syntax;
  std::shared_ptr<const ReplyTools> tools = {};  // null: none
  Calls calls = Calls::whole;
  bool thought_open = false;  // the prompt has begun the thought: prompt_opens_thought()
};

// Of one reply. Movable; not for two threads at once.
class ReplyParser {
 public:
  explicit ReplyParser(ReplyOptions options);
  ReplyParser(ReplyParser&&) noexcept;
  ReplyParser& operator=(ReplyParser&&) noexcept;
  ~ReplyParser();

  // The next piece; pieces together are valid UTF-8.
  std::vector<ReplyEvent> take(std::string_view text);
  // The text is over. Nothing may be taken after it.
  std::vector<ReplyEvent> finish();

 private:
  class Machine;
  std::unique_ptr<Machine> machine_;
};

// A whole text at once.
Reply parse_reply(ReplyOptions options, std::string_view text);

}  // namespace ferry
