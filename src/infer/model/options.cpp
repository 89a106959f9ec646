#include "infer/model/options.h"

namespace ferry {

Result<ModelOptions> make_model_options(std::string_view kernels, std::string_view arithmetic) {
  ModelOptions options;
  FERRY_TRY(options.table, kernels::choose_table(kernels));
  if (arithmetic == "f32") {
    options.arithmetic = kernels::Arithmetic::f32;
  } else if (arithmetic == "int8") {
    options.arithmetic = kernels::Arithmetic::int8;
  } else if (arithmetic != "bf16") {
    return fail(ErrorCode::invalid_argument, "arithmetic must be bf16, int8 or f32, not \"{}\"", arithmetic);
  }
  return options;
}

}  // namespace ferry
