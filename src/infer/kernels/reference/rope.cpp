#include "infer/kernels/reference/reference.h"

namespace ferry::kernels::reference {

namespace {

void rotate(float& a, float& b, float cosine, float sine) {
  const float x = a;
  const float y = b;
  a = x * cosine - y * sine;
  b = y * cosine + x * sine;
}

}  // namespace

void rope(const RopeArgs& args) {
  const int32_t half = args.rotary_dims / 2;
  for (int64_t i = 0; i < args.rows * args.heads; ++i) {
    float* head = args.x + i * args.head_dim;
    const float* cosines = args.cosines + i / args.heads * half;
    const float* sines = args.sines + i / args.heads * half;
    for (int32_t d = 0; d < half; ++d) {
      const bool halves = args.pairing == RopePairing::halves;
      rotate(head[halves ? d : 2 * d], head[halves ? d + half : 2 * d + 1], cosines[d], sines[d]);
    }
  }
}

}  // namespace ferry::kernels::reference
