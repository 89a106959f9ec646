#pragma once
// A whole answer in pieces.

#include <vector>

#include "serve/dialects/exchange.h"

namespace ferry {

// The answer as a stream would have brought it, choice by choice: prompt report, thoughts with their seals,
// text, refusal, parts of other kinds, calls, finish. append() of all of them to an empty result gives the
// choices back, but for what no stream says of a call (cache, place, rest).
std::vector<GenerationDelta> deltas_of(const GenerationResult& result);

}  // namespace ferry
