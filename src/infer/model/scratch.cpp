#include "infer/model/scratch.h"

#include <utility>

#include "infer/model/rope.h"

namespace ferry {

Result<Model::Scratch> Model::Scratch::create(const ArchSpec& spec, int32_t max_rows) {
  Scratch scratch;
  const bool rotates = spec.positions == PositionKind::rope;
  const bool gated = spec.feed_forward == FeedForwardKind::swiglu;
  const int64_t half = rotates ? spec.rope.rotary_dims / 2 : 0;
  const std::pair<float**, int64_t> parts[] = {
      {&scratch.x, spec.hidden},
      {&scratch.h, spec.hidden},
      {&scratch.q, spec.q_width()},
      {&scratch.k, spec.kv_width()},
      {&scratch.v, spec.kv_width()},
      {&scratch.mixed, spec.q_width()},
      {&scratch.gate, gated ? spec.intermediate : 0},
      {&scratch.up, spec.intermediate},
      {&scratch.cosines, half},
      {&scratch.sines, half},
  };
  // Each part begins on a cache line of its own.
  const auto padded = [&](int64_t width) { return (width * max_rows + 15) / 16 * 16; };
  int64_t floats = 0;
  for (const auto& [part, width] : parts) floats += padded(width);
  FERRY_TRY(scratch.memory, Buffer::allocate(static_cast<size_t>(floats) * sizeof(float)));

  float* next = scratch.memory.as<float>();
  for (const auto& [part, width] : parts) {
    *part = next;
    next += padded(width);
  }
  scratch.sequences.reserve(static_cast<size_t>(max_rows));
  if (rotates) scratch.frequencies = rope_frequencies(spec.rope);
  return scratch;
}

}  // namespace ferry
