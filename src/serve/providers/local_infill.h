#pragma once
// Requests for the middle of a text: the prompt that shows the model the gap, and what ends its answer.

#include <vector>

#include "serve/providers/local_request.h"

namespace ferry {

// The prompt with `prefix` before the gap. Refuses models whose vocabulary has no tokens for it. Where the
// request wants it cut to size, it is cut where it is farthest from the gap (fim_prompt.h); an answer without
// limit then has a quarter of the context.
// REQUIRES: request.infill.
ApiResult<PreparedPrompt> prepare_infill(const Prompt& prefix, const GenerationRequest& request,
                                         const HostedModel& model);

// Adds the tokens that can only stand where the middle has ended.
void add_middle_ends(const HostedModel& model, std::vector<TokenId>& stop_tokens);

}  // namespace ferry
