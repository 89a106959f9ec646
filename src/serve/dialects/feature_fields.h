#pragma once
// Which features a request's typed form uses, and by which fields.

#include <vector>

#include "serve/dialects/features.h"

namespace ferry {

// One use of each feature at most, in the order of enum Feature. Fields are named as the request's dialect
// names them.
std::vector<FeatureUse> typed_uses(const GenerationRequest& request);

}  // namespace ferry
