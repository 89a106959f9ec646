#pragma once
// The number formats that weights, activations and the KV cache come in, GGUF's quantised blocks included.
//
// Block layouts are those of ggml (ggml-common.h): a block is the unit of storage, `elements` weights in
// `bytes` bytes, and a row of a tensor is a whole number of blocks.

#include <cstdint>
#include <string_view>

namespace ferry {

enum class DType : uint8_t { f32, f16, bf16, q8_0, q4_0, q4_k, q6_k };

struct DTypeInfo {
  std::string_view name;  // as GGUF's tools print it: "Q4_K"
  int64_t elements;       // per block; 1 for plain numbers
  int64_t bytes;          // per block
};

constexpr DTypeInfo dtype_info(DType type) {
  switch (type) {
    case DType::f32:
      return {"F32", 1, 4};
    case DType::f16:
      return {"F16", 1, 2};
    case DType::bf16:
      return {"BF16", 1, 2};
    case DType::q8_0:
      return {"Q8_0", 32, 34};
    case DType::q4_0:
      return {"Q4_0", 32, 18};
    case DType::q4_k:
      return {"Q4_K", 256, 144};
    case DType::q6_k:
      return {"Q6_K", 256, 210};
  }
  return {"?", 1, 0};
}

}  // namespace ferry
