#pragma once
// The inner layout of the CPU tables' KV pages: for each kv head in turn its keys [head_dim][page_tokens], so
// that a vector lane is a position, then its values [page_tokens][head_dim], so that a lane is a dimension.
// What one head reads of a page is one contiguous stretch.

#include <cstdint>

#include "infer/kernels/kernels.h"

namespace ferry::kernels::cpu {

// Codes in int8 are followed by their scales: the keys' [page_tokens] f32, then the values'.
//
// T is float, uint16_t (bf16) or int8_t.
template <class T>
class HeadPages {
 public:
  HeadPages(const KvLayer& kv, std::span<const int32_t> pages, int32_t kv_head)
      : kv_(kv),
        pages_(pages),
        head_offset_(int64_t{2} * kv_head * kv.page_tokens * kv_head_bytes(kv.type, kv.head_dim)) {}

  int32_t page_tokens() const { return kv_.page_tokens; }
  T* keys(int32_t page_index) const { return reinterpret_cast<T*>(head(page_index)); }
  T* values(int32_t page_index) const { return keys(page_index) + numbers(); }
  float* key_scales(int32_t page_index) const {
    return reinterpret_cast<float*>(head(page_index) + 2 * numbers() * static_cast<int64_t>(sizeof(T)));
  }
  float* value_scales(int32_t page_index) const { return key_scales(page_index) + kv_.page_tokens; }

 private:
  int64_t numbers() const { return int64_t{kv_.head_dim} * kv_.page_tokens; }
  std::byte* head(int32_t index) const {
    return kv_.pages + pages_[static_cast<size_t>(index)] * kv_.page_bytes + head_offset_;
  }

  const KvLayer& kv_;
  std::span<const int32_t> pages_;
  int64_t head_offset_;  // bytes
};

// Calls body with a value of the type that the numbers have.
template <class Body>
void with_kv_type(KvType type, Body&& body) {
  if (type == KvType::f32) return body(float());
  if (type == KvType::bf16) return body(uint16_t());
  return body(int8_t());
}

}  // namespace ferry::kernels::cpu
