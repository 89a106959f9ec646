#include "serve/dialects/exchange.h"

#include <algorithm>
#include <iterator>

namespace ferry {

std::string text_of(const ChatMessage& message) {
  std::string text;
  for (size_t i = 0; i < message.content.size(); ++i) {
    if (i > 0) text.push_back('\n');
    text.append(message.content[i].text);
  }
  return text;
}

size_t choice_count(const GenerationRequest& request) {
  return std::max<size_t>(1, request.prompts.size()) * static_cast<size_t>(request.n);
}

namespace {

void append(std::vector<ToolCall>& calls, CallDelta delta) {
  const auto index = static_cast<size_t>(delta.index);
  if (calls.size() <= index) calls.resize(index + 1);
  ToolCall& call = calls[index];
  call.id.append(delta.id);
  call.name.append(delta.name);
  call.arguments.append(delta.arguments);
}

}  // namespace

void append(GenerationResult& result, GenerationDelta delta) {
  const auto index = static_cast<size_t>(delta.index);
  if (result.choices.size() <= index) result.choices.resize(index + 1);
  GenerationChoice& choice = result.choices[index];
  choice.thought.append(delta.thought);
  choice.text.append(delta.text);
  for (CallDelta& call : delta.calls) append(choice.calls, std::move(call));
  choice.logprobs.insert(choice.logprobs.end(), std::make_move_iterator(delta.logprobs.begin()),
                         std::make_move_iterator(delta.logprobs.end()));
  choice.token_ids.insert(choice.token_ids.end(), delta.token_ids.begin(), delta.token_ids.end());
  if (delta.prompt) choice.prompt = std::move(delta.prompt);
  if (!delta.finish) return;
  choice.finish = *delta.finish;
  choice.cause = std::move(delta.cause);
}

}  // namespace ferry
