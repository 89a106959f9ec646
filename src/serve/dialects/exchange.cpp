#include "serve/dialects/exchange.h"

#include <algorithm>
#include <iterator>

namespace ferry {

std::string text_of(const ChatMessage& message) {
  std::string text;
  bool is_first = true;
  for (const ContentPart& part : message.content) {
    if (!part.is_words()) continue;
    if (!is_first) text.push_back('\n');
    is_first = false;
    text.append(part.text);
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
  if (delta.seal) choice.seals.push_back(*std::move(delta.seal));
  choice.text.append(delta.text);
  choice.refusal.append(delta.refusal);
  std::move(delta.others.begin(), delta.others.end(), std::back_inserter(choice.others));
  for (CallDelta& call : delta.calls) append(choice.calls, std::move(call));
  choice.logprobs.insert(choice.logprobs.end(), std::make_move_iterator(delta.logprobs.begin()),
                         std::make_move_iterator(delta.logprobs.end()));
  choice.token_ids.insert(choice.token_ids.end(), delta.token_ids.begin(), delta.token_ids.end());
  if (!delta.vector.empty()) choice.vector = std::move(delta.vector);
  if (delta.prompt) choice.prompt = std::move(delta.prompt);
  if (!delta.finish) return;
  choice.finish = *delta.finish;
  choice.cause = std::move(delta.cause);
}

}  // namespace ferry
