#pragma once
// Guesses at sequences' next tokens, to be verified by the model in one step (speculative decoding). A bad
// guess costs time and never changes an answer.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace ferry {

using SequenceId = uint64_t;
using TokenId = int32_t;

// One sequence that wants guesses.
struct DraftRequest {
  SequenceId id = 0;
  // Prompt and answer, not empty: what they were at earlier calls, and what came since.
  std::span<const TokenId> tokens = {};
  int32_t most = 0;                   // guesses at the tokens that follow
  double reading_ms = 0;              // before its first guess; set by quote()
  std::vector<TokenId> guesses = {};  // the next token first; set by propose()
};

// One for all sequences of an engine. Used by one thread (the engine's).
class Drafter {
 public:
  virtual ~Drafter() = default;

  // Appends at most `most` guesses to each one's `guesses`; none where it knows none.
  virtual void propose(std::span<DraftRequest> requests) = 0;
  // The sequence is gone. Unknown ids are ignored.
  virtual void forget(SequenceId id) = 0;

  // Whether guesses take time that counts. Then how many are made is chosen first, by what follows.
  virtual bool costly() const { return false; }
  // Milliseconds that each of so many sequences' next guess takes, made together; 0 while that is not known.
  virtual double guess_ms(int32_t /*sequences*/) const { return 0; }
  // Lowers `most` to what it could guess for this sequence, and says how long it would read before.
  virtual void quote(DraftRequest& /*request*/) {}
};

// Makes the drafter of an engine.
using MakeDrafter = std::function<std::unique_ptr<Drafter>()>;

}  // namespace ferry
