#pragma once
// ggml's tensor types: the numbers that GGUF files store, their names, and which of them Ferry computes with.
// The numbers are those of ggml.h (enum ggml_type); gaps are types that ggml has removed.

#include <cstdint>
#include <optional>
#include <string>

#include "infer/tensor/dtype.h"

namespace ferry {

// "Q5_K"; "type 77" for a number that ggml does not define.
std::string ggml_type_name(uint32_t ggml_type);

// Nothing for a type that Ferry cannot compute with.
std::optional<DType> dtype_of_ggml_type(uint32_t ggml_type);

uint32_t ggml_type_of(DType dtype);

}  // namespace ferry
