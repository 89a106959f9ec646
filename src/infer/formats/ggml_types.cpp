#include "infer/formats/ggml_types.h"

#include <array>
#include <string_view>

#include "base/core/result.h"

namespace ferry {
namespace {

constexpr std::array<std::string_view, 42> kNames = {
    "F32",   "F16",    "Q4_0",  "Q4_1", "",     "",        "Q5_0",   "Q5_1",    "Q8_0",  "Q8_1",   "Q2_K",
    "Q3_K",  "Q4_K",   "Q5_K",  "Q6_K", "Q8_K", "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S",
    "IQ2_S", "IQ4_XS", "I8",    "I16",  "I32",  "I64",     "F64",    "IQ1_M",   "BF16",  "",       "",
    "",      "TQ1_0",  "TQ2_0", "",     "",     "",        "MXFP4",  "NVFP4",   "Q1_0",
};

constexpr std::array kDTypes = {DType::f32,  DType::f16,  DType::bf16, DType::q8_0,
                                DType::q4_0, DType::q4_k, DType::q6_k};

}  // namespace

std::string ggml_type_name(uint32_t ggml_type) {
  if (ggml_type < kNames.size() && !kNames[ggml_type].empty()) return std::string(kNames[ggml_type]);
  return fmt::format("type {}", ggml_type);
}

std::optional<DType> dtype_of_ggml_type(uint32_t ggml_type) {
  if (ggml_type >= kNames.size()) return std::nullopt;
  for (const DType dtype : kDTypes) {
    if (dtype_info(dtype).name == kNames[ggml_type]) return dtype;
  }
  return std::nullopt;
}

uint32_t ggml_type_of(DType dtype) {
  for (uint32_t type = 0; type < kNames.size(); ++type) {
    if (dtype_info(dtype).name == kNames[type]) return type;
  }
  FERRY_CHECK(false);
}

}  // namespace ferry
