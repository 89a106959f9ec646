#include "serve/providers/local_reply.h"

#include "serve/providers/chat_context.h"

namespace ferry {

LocalReply::LocalReply(const ReplyReading& reading)
    : parser_(reading.options),
      syntax_(reading.options.syntax.tools),
      report_thought_(reading.report_thought),
      thinks_(reading.options.thought_open) {}

void LocalReply::read(std::string_view text, int64_t tokens, bool last, GenerationDelta& delta) {
  for (const ReplyEvent& event : parser_.take(text)) take(event, delta);
  if (last) {
    for (const ReplyEvent& event : parser_.finish()) {
      // A call that a grammar enforces, cut off: its pieces are out, and OpenAI's clients expect no more than
      // that the answer ends in `length`. What follows would be its text once more.
      if (event.kind == ReplyEvent::Kind::call_withdrawn) break;
      take(event, delta);
    }
  }
  count(tokens, last);
}

void LocalReply::take(const ReplyEvent& event, GenerationDelta& delta) {
  using Kind = ReplyEvent::Kind;
  if (event.kind == Kind::thought) {
    thinks_ = true;
    if (report_thought_) delta.thought += event.text;
    return;
  }
  answers_ = true;
  switch (event.kind) {
    case Kind::content:
      delta.text += event.text;
      break;
    case Kind::call_begin:
      delta.calls.push_back({.index = event.call, .id = new_call_id(syntax_), .name = event.text});
      break;
    case Kind::call_arguments:
      if (delta.calls.empty() || delta.calls.back().index != event.call) {
        delta.calls.push_back({.index = event.call});
      }
      delta.calls.back().arguments += event.text;
      break;
    case Kind::call_end:
      has_called_ = true;
      break;
    case Kind::thought:
    case Kind::call_withdrawn:
      break;
  }
}

// Until the answer begins nobody knows whether its tokens are a thought's.
void LocalReply::count(int64_t tokens, bool last) {
  if (!answers_) thought_tokens_ += tokens;
  const bool known = answers_ || last;
  if (known && !thinks_) thought_tokens_ = 0;
}

}  // namespace ferry
