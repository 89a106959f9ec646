#include "serve/dialects/answer_deltas.h"

namespace ferry {
namespace {

// Pieces of one choice, in the order in which dialects write them.
class Pieces {
 public:
  Pieces(int index, std::vector<GenerationDelta>& out) : index_(index), out_(out) {}

  GenerationDelta& next() {
    GenerationDelta& delta = out_.emplace_back();
    delta.index = index_;
    return delta;
  }

  // Each seal comes with the thought that it seals, where that is what it says.
  void thoughts(const GenerationChoice& choice) {
    size_t told = 0;
    for (const ThoughtSeal& seal : choice.seals) {
      GenerationDelta& delta = next();
      if (std::string_view(choice.thought).substr(told).starts_with(seal.text)) {
        delta.thought = seal.text;
        told += seal.text.size();
      }
      delta.seal = seal;
    }
    if (told < choice.thought.size()) next().thought = choice.thought.substr(told);
  }

  void words(const GenerationChoice& choice) {
    if (!choice.others.empty()) next().others = choice.others;
    if (!choice.text.empty() || !choice.logprobs.empty() || !choice.token_ids.empty()) {
      GenerationDelta& delta = next();
      delta.text = choice.text;
      delta.logprobs = choice.logprobs;
      delta.token_ids = choice.token_ids;
    }
    if (!choice.refusal.empty()) next().refusal = choice.refusal;
  }

  void calls(const GenerationChoice& choice) {
    for (size_t i = 0; i < choice.calls.size(); ++i) {
      const ToolCall& call = choice.calls[i];
      next().calls.push_back(
          {.index = static_cast<int>(i), .id = call.id, .name = call.name, .arguments = call.arguments});
    }
  }

 private:
  const int index_;
  std::vector<GenerationDelta>& out_;
};

}  // namespace

std::vector<GenerationDelta> deltas_of(const GenerationResult& result) {
  std::vector<GenerationDelta> deltas;
  for (size_t i = 0; i < result.choices.size(); ++i) {
    const GenerationChoice& choice = result.choices[i];
    Pieces pieces(static_cast<int>(i), deltas);
    const size_t first = deltas.size();
    pieces.thoughts(choice);
    pieces.words(choice);
    pieces.calls(choice);
    GenerationDelta& last = pieces.next();
    last.finish = choice.finish;
    last.cause = choice.cause;
    last.vector = choice.vector;
    deltas[first].prompt = choice.prompt;
  }
  return deltas;
}

}  // namespace ferry
