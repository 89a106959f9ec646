#pragma once
// Asking a provider and waiting for its answer.

#include <chrono>
#include <string>
#include <string_view>

#include "base/core/function_ref.h"
#include "base/core/result.h"
#include "serve/providers/provider.h"

namespace ferry::cli {

struct AnswerPiece {
  std::string thought;  // comes before the text
  std::string text;
};

struct Answered {
  std::string text;  // without the thought
  bool interrupted = false;
  // Not known when interrupted:
  Usage usage;
  std::chrono::duration<double> to_first_text{0};
  std::chrono::duration<double> total{0};
};

// Shows the answer piece by piece on the calling thread; a `wanted` that turns false ends the answer early.
Result<Answered> answer(Provider& provider, GenerationRequest request,
                        FunctionRef<void(const AnswerPiece&)> show, FunctionRef<bool()> wanted);

// "[12 + 34 tokens, first text after 0.05 s, 61.3 tokens/s]"
std::string speed_text(const Answered& answered);

// The text without what a terminal would take as a command: control characters other than line feed and tab.
std::string without_controls(std::string_view text);

}  // namespace ferry::cli
