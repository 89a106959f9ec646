#pragma once
// How a model of one's own is asked what it thinks of an answer.

#include "serve/dialects/exchange.h"
#include "serve/route/route_config.h"

namespace ferry {

// AnswerChecks::moderation_request().
GenerationRequest moderation_request(const ClassifierConfig& classifier, const GenerationRequest& request,
                                     const GenerationChoice& choice);

}  // namespace ferry
