#include "infer/kernels/cpu/store_kv.h"

#include "infer/kernels/cpu/pages_layout.h"
#include "infer/tensor/half.h"

namespace ferry::kernels::cpu {

namespace {

void assign(float& to, float x) {
  to = x;
}
void assign(uint16_t& to, float x) {
  to = f32_to_bf16(x);
}

template <class T>
void store_head(const StoreKvArgs& args, const SequenceRows& sequence, int32_t kv_head) {
  const KvLayer& kv = args.kv;
  const HeadPages<T> pages(kv, sequence.pages, kv_head);
  for (int32_t i = 0; i < sequence.rows; ++i) {
    const int32_t position = sequence.first_position + i;
    const int32_t page = position / kv.page_tokens;
    const int32_t token = position % kv.page_tokens;
    const int64_t source = (int64_t{sequence.first_row + i} * kv.kv_heads + kv_head) * kv.head_dim;
    T* keys = pages.keys(page) + token;
    T* values = pages.values(page) + int64_t{token} * kv.head_dim;
    for (int32_t d = 0; d < kv.head_dim; ++d) {
      assign(keys[int64_t{d} * kv.page_tokens], args.k[source + d]);
      assign(values[d], args.v[source + d]);
    }
  }
}

}  // namespace

void store_kv(const StoreKvArgs& args) {
  for (const SequenceRows& sequence : args.sequences) {
    for (int32_t h = 0; h < args.kv.kv_heads; ++h) {
      args.kv.dtype == DType::f32 ? store_head<float>(args, sequence, h)
                                  : store_head<uint16_t>(args, sequence, h);
    }
  }
}

}  // namespace ferry::kernels::cpu
