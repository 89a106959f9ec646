#pragma once
// Guesses by a second, smaller model with the same vocabulary: greedily, token by token, for all sequences
// together (Leviathan et al., "Fast Inference from Transformers via Speculative Decoding", 2023).
//
// Each depth of guesses is one forward pass of the draft model with a row for each sequence. The first one
// also reads the tokens that the draft model has not seen: usually one or two, after wrong guesses or a pause
// a few more, at first the whole prompt. A pass has at most kMaxRows rows, those that lack least going first,
// so that a long prompt is read over many steps and stalls nobody; a sequence gets guesses once all of it is
// read.
//
// Keys and values lie in pages of its own: those of the sequence's tokens and, until its next call, of the
// last guesses. Where pages run out, sequences that have not asked for guesses lose theirs, the one whose
// last call is longest ago first; a sequence that finds none gets no guesses.

#include <unordered_map>

#include "infer/draft/drafter.h"
#include "infer/draft/step_costs.h"
#include "infer/kv/kv_cache.h"
#include "infer/model/model.h"
#include "infer/pages/page_table.h"

namespace ferry {

class ModelDrafter : public Drafter {
 public:
  static constexpr int32_t kMaxRows = 64;  // of a forward pass
  // So many unread tokens go along with the newest; reading more is worth a thought.
  static constexpr int32_t kFewTokens = 8;

  // model: made for kMaxRows rows at least; kv: of its geometry. vocab: of the model that verifies; no guess
  // is beyond it. `threads` outlives the drafter. Error: resource_exhausted (memory for the logits).
  static Result<std::unique_ptr<ModelDrafter>> create(std::unique_ptr<Model> model, KvCache kv, int32_t vocab,
                                                      ThreadPool& threads);

  void propose(std::span<DraftRequest> requests) override;
  void forget(SequenceId id) override { sequences_.erase(id); }
  bool costly() const override { return true; }
  double guess_ms(int32_t sequences) const override;
  void quote(DraftRequest& request) override;

  const PagePool& pages() const { return pages_; }

 private:
  struct Sequence {
    explicit Sequence(PagePool& pool) : pages(pool) {}

    PageTable pages;
    int32_t read = 0;                   // leading tokens whose keys and values are in the pages; behind them
    std::vector<TokenId> guessed = {};  // are those of these guesses
    bool foreign = false;               // has a token that the draft model does not know
    uint64_t served = 0;                // the last call that gave it rows
  };
  // The rows of one sequence in a forward pass.
  struct Part {
    DraftRequest* request = nullptr;
    Sequence* sequence = nullptr;
    std::span<const TokenId> tokens = {};
    int32_t position = 0;  // of the first
    bool guesses = false;  // the last one's logits give a guess

    std::span<const TokenId> unread() const {
      return request->tokens.subspan(static_cast<size_t>(sequence->read));
    }
  };

  ModelDrafter(std::unique_ptr<Model> model, KvCache kv, Buffer logits, int32_t vocab, ThreadPool& threads);

  Sequence& follow(const DraftRequest& request);
  std::vector<Part> plan_reading(std::span<DraftRequest> requests);
  void give_rows(Part& part, size_t most);
  bool make_room(Sequence& sequence, int64_t end);
  static void clear(Sequence& sequence);
  void compute(std::span<const Part> parts);
  void learn(int32_t rows, double ms);

  std::unique_ptr<Model> model_;
  KvCache kv_;
  Buffer logits_;  // f32 [kMaxRows, vocab of the draft model]
  size_t shared_vocab_;
  ThreadPool& threads_;
  PagePool pages_;
  std::unordered_map<SequenceId, Sequence> sequences_;
  uint64_t calls_ = 0;
  StepCosts costs_;         // of forward passes, by rows
  double read_row_ms_ = 0;  // of passes that mostly read; 0 until there was one
};

}  // namespace ferry
