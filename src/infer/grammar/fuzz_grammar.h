#pragma once
// What the fuzz targets of this room do with a source: compile it within small limits, and follow what
// compiles for a few tokens, checking that masks, steps and taking back agree.

#include "base/core/rng.h"
#include "infer/grammar/test_grammar.h"

namespace ferry {

inline void exercise(const GrammarSource& source, uint64_t seed) {
  const GrammarLimits limits{.max_source_bytes = 4096,
                             .max_nodes = 20'000,
                             .max_compile_ms = 300,
                             .max_table_bytes = size_t{1} << 20};
  const auto grammar = compile_grammar(source, byte_vocabulary(), limits);
  if (!grammar) {
    FERRY_CHECK(!grammar.error().message.empty());
    return;
  }
  Rng rng(seed);
  GrammarState state(*grammar);
  TokenMask mask;
  for (int steps = 0; steps < 24 && !state.ended(); ++steps) {
    if (!state.mask(mask)) return;  // limits
    FERRY_CHECK(mask.contains(256) == state.may_end());
    const std::string forced = state.forced();
    std::vector<TokenId> allowed;
    for (TokenId token = 0; token < mask.size(); ++token) {
      if (mask.contains(token)) allowed.push_back(token);
    }
    const TokenId wrong = static_cast<TokenId>(rng.below(257));
    GrammarState copy = state;
    // A mask may lack what would have been too much work; it never has too much.
    if (mask.contains(wrong)) FERRY_CHECK(copy.accept(wrong));
    if (!forced.empty()) FERRY_CHECK(allowed.size() == 1 && allowed[0] == static_cast<uint8_t>(forced[0]));
    FERRY_CHECK(state.accept(allowed[rng.below(allowed.size())]));
    if (rng.below(8) == 0)
      state.rollback(static_cast<int>(rng.below(static_cast<uint64_t>(state.accepted()) + 1)));
  }
}

}  // namespace ferry
