#include "serve/dialects/exchange.h"

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

void append(GenerationResult& result, GenerationDelta delta) {
  const auto index = static_cast<size_t>(delta.index);
  if (result.choices.size() <= index) result.choices.resize(index + 1);
  GenerationChoice& choice = result.choices[index];
  choice.text.append(delta.text);
  choice.logprobs.insert(choice.logprobs.end(), std::make_move_iterator(delta.logprobs.begin()),
                         std::make_move_iterator(delta.logprobs.end()));
  if (delta.finish) choice.finish = *delta.finish;
}

}  // namespace ferry
