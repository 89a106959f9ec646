#pragma once
// ModelOptions from settings' words, so that rooms above need not know the kernels.

#include <string_view>

#include "base/core/result.h"
#include "infer/model/model.h"

namespace ferry {

// `kernels`: "auto" or a table's name; `arithmetic`: "bf16" or "f32".
Result<ModelOptions> make_model_options(std::string_view kernels, std::string_view arithmetic);

}  // namespace ferry
