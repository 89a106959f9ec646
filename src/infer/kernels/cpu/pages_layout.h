#pragma once
// The inner layout of the CPU tables' KV pages: for each kv head in turn its keys [head_dim][page_tokens], so
// that a vector lane is a position, then its values [page_tokens][head_dim], so that a lane is a dimension.
// What one head reads of a page is one contiguous stretch.

#include <cstdint>

#include "infer/kernels/kernels.h"

namespace ferry::kernels::cpu {

// T is float or uint16_t (bf16).
template <class T>
class HeadPages {
 public:
  HeadPages(const KvLayer& kv, std::span<const int32_t> pages, int32_t kv_head)
      : kv_(kv), pages_(pages), head_offset_(int64_t{2} * kv_head * kv.head_dim * kv.page_tokens) {}

  int32_t page_tokens() const { return kv_.page_tokens; }
  T* keys(int32_t page_index) const { return page(page_index) + head_offset_; }
  T* values(int32_t page_index) const {
    return page(page_index) + head_offset_ + int64_t{kv_.head_dim} * kv_.page_tokens;
  }

 private:
  T* page(int32_t index) const {
    return reinterpret_cast<T*>(kv_.pages + pages_[static_cast<size_t>(index)] * kv_.page_bytes);
  }

  const KvLayer& kv_;
  std::span<const int32_t> pages_;
  int64_t head_offset_;
};

}  // namespace ferry::kernels::cpu
