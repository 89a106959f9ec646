#pragma once
// Number formats of keys and values in the KV cache.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace ferry {

// int8: codes from -127 to 127 and one scale in f32 for the keys, and one for the values, of each position
// and head: the largest of them in size / 127. Half of bf16's memory.
enum class KvType : uint8_t { f32, bf16, int8 };

constexpr std::string_view kv_type_name(KvType type) {
  return type == KvType::f32 ? "f32" : type == KvType::bf16 ? "bf16" : "int8";
}

constexpr std::optional<KvType> parse_kv_type(std::string_view name) {
  for (const KvType type : {KvType::f32, KvType::bf16, KvType::int8}) {
    if (kv_type_name(type) == name) return type;
  }
  return std::nullopt;
}

// A number x of one position and head is stored as x · inverse, to the nearest whole number, and means that
// times scale.
struct KvScale {
  float scale = 1;
  float inverse = 1;
};

// For int8. Where a number is not finite, all of them become NaN.
inline KvScale kv_scale(const float* x, int32_t count) {
  float largest = 0;
  bool finite = true;
  for (int32_t i = 0; i < count; ++i) {
    finite = finite && std::isfinite(x[i]);
    largest = std::max(largest, std::fabs(x[i]));
  }
  if (!finite) return {std::numeric_limits<float>::quiet_NaN(), 0};
  constexpr float kLargestCode = 127;
  const float scale = largest / kLargestCode;
  // Of a number so small that its inverse would overflow nothing is left.
  return scale < std::numeric_limits<float>::min() ? KvScale{0, 0} : KvScale{scale, 1 / scale};
}

// Of the keys, or the values, of one head at one position.
constexpr int64_t kv_head_bytes(KvType type, int32_t head_dim) {
  constexpr int64_t kScale = sizeof(float);
  return type == KvType::f32    ? int64_t{4} * head_dim
         : type == KvType::bf16 ? int64_t{2} * head_dim
                                : head_dim + kScale;
}

// Of one page of one layer, keys and values together.
constexpr int64_t kv_page_bytes(KvType type, int32_t kv_heads, int32_t head_dim, int32_t page_tokens) {
  return int64_t{2} * kv_heads * page_tokens * kv_head_bytes(type, head_dim);
}

}  // namespace ferry
