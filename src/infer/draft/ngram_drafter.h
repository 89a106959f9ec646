#pragma once
// Guesses by prompt lookup: an index (ngram_lookup.h) for each sequence.

#include <unordered_map>

#include "infer/draft/drafter.h"
#include "infer/draft/ngram_lookup.h"

namespace ferry {

class NgramDrafter : public Drafter {
 public:
  void propose(std::span<DraftRequest> requests) override {
    for (DraftRequest& request : requests) {
      lookups_[request.id].propose(request.tokens, request.most, request.guesses);
    }
  }
  void forget(SequenceId id) override { lookups_.erase(id); }

 private:
  std::unordered_map<SequenceId, NgramLookup> lookups_;
};

}  // namespace ferry
