#include "infer/kv/kv_cache.h"

namespace ferry {

Result<KvCache> KvCache::create(const KvGeometry& geometry, int32_t pages) {
  KvCache cache;
  cache.geometry_ = geometry;
  cache.pages_ = pages;
  for (int32_t i = 0; i < geometry.layers; ++i) {
    auto layer = Buffer::allocate(static_cast<size_t>(geometry.page_bytes()) * static_cast<size_t>(pages));
    if (!layer) {
      return fail(ErrorCode::resource_exhausted,
                  "the KV cache of {} pages ({} tokens) needs {} MiB, which the system does not give; "
                  "lower --kv-cache or --max-model-len",
                  pages, int64_t{pages} * geometry.page_tokens, geometry.bytes_per_page() * pages >> 20);
    }
    cache.layers_.push_back(*std::move(layer));
  }
  return cache;
}

}  // namespace ferry
