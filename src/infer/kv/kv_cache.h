#pragma once
// The storage behind the pages: for each layer, every page's keys and values.

#include <cstdint>
#include <span>
#include <vector>

#include "base/core/result.h"
#include "infer/pages/page_table.h"
#include "infer/tensor/kv_type.h"
#include "infer/tensor/tensor.h"

namespace ferry {

// What a model needs of its KV cache; the same in every layer.
struct KvGeometry {
  KvType type = KvType::bf16;
  int32_t layers = 0;
  int32_t kv_heads = 0;
  int32_t head_dim = 0;
  int32_t page_tokens = 32;

  // One page of one layer: keys and values of page_tokens positions.
  int64_t page_bytes() const { return kv_page_bytes(type, kv_heads, head_dim, page_tokens); }
  // One page of all layers: what one more page of context costs.
  int64_t bytes_per_page() const { return page_bytes() * layers; }
};

// Memory is asked for at once and touched only as pages come into use. The engine's thread writes through
// the kernels; which sequence owns which page is PagePool's business.
class KvCache {
 public:
  static Result<KvCache> create(const KvGeometry& geometry, int32_t pages);

  const KvGeometry& geometry() const { return geometry_; }
  int32_t pages() const { return pages_; }
  // Page p of the layer begins at layer(i) + p * geometry().page_bytes().
  std::byte* layer(int32_t index) { return layers_[static_cast<size_t>(index)].data(); }

  // Makes the copies in all layers, one after the other. REQUIRES: pages of this cache.
  void copy(std::span<const PageCopy> copies);

 private:
  KvGeometry geometry_;
  int32_t pages_ = 0;
  std::vector<Buffer> layers_;
};

}  // namespace ferry
