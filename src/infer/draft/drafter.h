#pragma once
// Guesses at a sequence's next tokens, to be verified by the model in one step (speculative decoding). A bad
// guess costs time and never changes an answer.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace ferry {

using TokenId = int32_t;

// Of one sequence. Used by one thread (the engine's).
class Drafter {
 public:
  virtual ~Drafter() = default;

  // tokens: the sequence so far, prompt and answer: what it was at the last call, and what came since.
  // Appends at most `most` guesses at the tokens that follow, the next one first; nothing where it knows
  // none.
  virtual void propose(std::span<const TokenId> tokens, int32_t most, std::vector<TokenId>& guesses) = 0;
};

// Makes the drafter of a new sequence.
using MakeDrafter = std::function<std::unique_ptr<Drafter>()>;

}  // namespace ferry
