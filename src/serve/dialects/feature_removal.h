#pragma once
// Takes features out of a request.

#include "serve/dialects/features.h"

namespace ferry {

// What is left uses none of `features`. Where anything was taken out, the bytes beside the request go
// (GenerationRequest::wire). REQUIRES: neither chat, prompts nor infill.
void remove_features(GenerationRequest& request, FeatureSet features);

}  // namespace ferry
