#pragma once
// One answer's text on its way from the engine: told apart into thought, text and calls.

#include "serve/dialects/exchange.h"
#include "serve/replies/reply_parser.h"

namespace ferry {

// How the answers to one prompt are read.
struct ReplyReading {
  ReplyOptions options;
  bool report_thought = true;  // else it is left out
};

class LocalReply {
 public:
  explicit LocalReply(const ReplyReading& reading);

  // More text, made of so many tokens; `last`: it is over. Sets the delta's thought, text and calls.
  void read(std::string_view text, int64_t tokens, bool last, GenerationDelta& delta);

  // A call is whole.
  bool has_called() const { return has_called_; }
  // Up to the one that ends the thought.
  int64_t thought_tokens() const { return thought_tokens_; }

 private:
  void take(const ReplyEvent& event, GenerationDelta& delta);
  void count(int64_t tokens, bool last);

  ReplyParser parser_;
  ToolSyntax syntax_;
  bool report_thought_;
  bool thinks_;           // the thought has begun, or its marker stands in the prompt
  bool answers_ = false;  // something other than the thought has come
  bool has_called_ = false;
  int64_t thought_tokens_ = 0;
};

}  // namespace ferry
