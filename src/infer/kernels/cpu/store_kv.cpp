#include "infer/kernels/cpu/store_kv.h"

#include <cmath>
#include <type_traits>

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
void assign(int8_t& to, float x) {
  to = static_cast<int8_t>(std::lrintf(x));
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
    KvScale key_scale;
    KvScale value_scale;
    if constexpr (std::is_same_v<T, int8_t>) {
      key_scale = kv_scale(args.k + source, kv.head_dim);
      value_scale = kv_scale(args.v + source, kv.head_dim);
      pages.key_scales(page)[token] = key_scale.scale;
      pages.value_scales(page)[token] = value_scale.scale;
    }
    for (int32_t d = 0; d < kv.head_dim; ++d) {
      assign(keys[int64_t{d} * kv.page_tokens], args.k[source + d] * key_scale.inverse);
      assign(values[d], args.v[source + d] * value_scale.inverse);
    }
  }
}

}  // namespace

void store_kv(const StoreKvArgs& args) {
  for (const SequenceRows& sequence : args.sequences) {
    for (int32_t h = 0; h < args.kv.kv_heads; ++h) {
      with_kv_type(args.kv.type, [&](auto number) { store_head<decltype(number)>(args, sequence, h); });
    }
  }
}

}  // namespace ferry::kernels::cpu
