#include "infer/kv/kv_cache.h"

#include <cstring>

namespace ferry {

Result<KvCache> KvCache::create(const KvGeometry& geometry, int32_t pages) {
  KvCache cache;
  cache.geometry_ = geometry;
  cache.pages_ = pages;
  for (int32_t i = 0; i < geometry.layers; ++i) {
    int64_t bytes = 0;
    const bool overflow = __builtin_mul_overflow(geometry.page_bytes(), int64_t{pages}, &bytes);
    auto layer = Buffer::allocate(overflow ? SIZE_MAX : static_cast<size_t>(bytes));
    if (!layer) {
      return fail(ErrorCode::resource_exhausted,
                  "a KV cache of {} tokens needs {} pages of {} KiB, which the system does not give; "
                  "lower --kv-cache or --max-model-len",
                  int64_t{pages} * geometry.page_tokens, pages, geometry.bytes_per_page() >> 10);
    }
    cache.layers_.push_back(*std::move(layer));
  }
  return cache;
}

void KvCache::copy(std::span<const PageCopy> copies) {
  const auto bytes = static_cast<size_t>(geometry_.page_bytes());
  for (const PageCopy& copy : copies) {
    FERRY_CHECK(copy.from >= 0 && copy.from < pages_ && copy.to >= 0 && copy.to < pages_ &&
                copy.from != copy.to);
    for (Buffer& layer : layers_) {
      std::memcpy(layer.data() + static_cast<size_t>(copy.to) * bytes,
                  layer.data() + static_cast<size_t>(copy.from) * bytes, bytes);
    }
  }
}

}  // namespace ferry
