#include "infer/model/arch_spec.h"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace ferry {
namespace {

struct Range {
  std::string_view name;
  int64_t value;
  int64_t least;
  int64_t most;
};

// Far above every model there is, and low enough that products of two stay within 32 or 64 bits.
Result<void> check_ranges(const ArchSpec& spec, std::string_view where) {
  const Range ranges[] = {
      {"vocabulary size", spec.vocab, 1, 1 << 24},
      {"hidden size", spec.hidden, 1, 1 << 20},
      {"number of layers", static_cast<int64_t>(spec.layers.size()), 1, kMaxLayers},
      {"number of attention heads", spec.heads, 1, 1 << 14},
      {"number of key/value heads", spec.kv_heads, 1, 1 << 14},
      {"head size", spec.head_dim, 2, 1 << 12},
      {"feed-forward size", spec.intermediate, 1, 1 << 24},
      {"context length", spec.max_positions, 1, 1 << 28},
      {"number of token types", spec.token_types, 0, 1 << 10},
      {"first position in the table", spec.position_offset, 0, 1 << 10},
      {"number of labels", spec.classifier ? spec.classifier->labels : 1, 1, 1 << 20},
  };
  for (const Range& range : ranges) {
    if (range.value < range.least || range.value > range.most) {
      return fail(ErrorCode::invalid_argument, "{}: {} is {}; it must be from {} to {}", where, range.name,
                  range.value, range.least, range.most);
    }
  }
  return {};
}

bool positive(double value) {
  return std::isfinite(value) && value > 0;
}

// Wide enough for every model, and narrow enough that no angle becomes infinite.
bool usable_theta(double theta) {
  return theta >= 1 && theta <= 1e15;
}
bool usable_factor(double factor) {
  return factor >= 1e-3 && factor <= 1e6;
}

Result<void> check_rope(const RopeSpec& rope, int32_t head_dim, std::string_view where) {
  if (rope.rotary_dims < 2 || rope.rotary_dims % 2 != 0 || rope.rotary_dims > head_dim) {
    return fail(ErrorCode::invalid_argument,
                "{}: {} rotary dimensions in heads of {}; it must be an even number, at most the head size",
                where, rope.rotary_dims, head_dim);
  }
  if (!usable_theta(rope.theta) || !usable_factor(rope.factor)) {
    return fail(ErrorCode::invalid_argument,
                "{}: rope theta {} must be from 1 to 1e15 and its scaling factor {} from 0.001 to 1e6", where,
                rope.theta, rope.factor);
  }
  const bool fits =
      rope.divisors.empty() || rope.divisors.size() == static_cast<size_t>(rope.rotary_dims / 2);
  if (!fits || !std::ranges::all_of(rope.divisors, usable_factor)) {
    return fail(ErrorCode::corrupt, "{}: rope divisors must be {} numbers from 0.001 to 1e6", where,
                rope.rotary_dims / 2);
  }
  if (rope.scaling == RopeScaling::llama3 &&
      !(positive(rope.low_frequency_factor) && rope.high_frequency_factor > rope.low_frequency_factor &&
        positive(rope.high_frequency_factor) && positive(rope.original_positions))) {
    return fail(
        ErrorCode::invalid_argument,
        "{}: llama3 rope scaling needs 0 < low_freq_factor < high_freq_factor and a positive original "
        "context length, not {}, {} and {}",
        where, rope.low_frequency_factor, rope.high_frequency_factor, rope.original_positions);
  }
  return {};
}

// What the forward pass of bidirectional layers takes for granted.
Result<void> check_encoder(const ArchSpec& spec, std::string_view where) {
  if (spec.attention == AttentionKind::causal) return {};
  const bool windows =
      std::ranges::any_of(spec.layers, [](const LayerSpec& layer) { return layer.window > 0; });
  if (spec.kv_heads != spec.heads || spec.head_dim % 2 != 0 || windows) {
    return fail(ErrorCode::unsupported,
                "{}: bidirectional attention with shared key/value heads, heads of an odd size or windows",
                where);
  }
  return {};
}

Result<void> check_token_ids(const ArchSpec& spec, std::string_view where) {
  const auto inside = [&](int32_t id) { return id >= 0 && id < spec.vocab; };
  if (spec.bos_id && !inside(*spec.bos_id)) {
    return fail(ErrorCode::invalid_argument, "{}: beginning-of-text token {} is not in the vocabulary of {}",
                where, *spec.bos_id, spec.vocab);
  }
  for (const int32_t id : spec.eos_ids) {
    if (!inside(id)) {
      return fail(ErrorCode::invalid_argument, "{}: end-of-text token {} is not in the vocabulary of {}",
                  where, id, spec.vocab);
    }
  }
  return {};
}

}  // namespace

Result<void> check_spec(const ArchSpec& spec, std::string_view where) {
  FERRY_TRY_VOID(check_ranges(spec, where));
  if (spec.heads % spec.kv_heads != 0) {
    return fail(ErrorCode::invalid_argument, "{}: {} attention heads cannot share {} key/value heads evenly",
                where, spec.heads, spec.kv_heads);
  }
  if (!positive(spec.norm_eps) || spec.norm_eps >= 1) {
    return fail(ErrorCode::invalid_argument, "{}: the norm's epsilon {} must be between 0 and 1", where,
                spec.norm_eps);
  }
  for (const LayerSpec& layer : spec.layers) {
    if (layer.window < 0)
      return fail(ErrorCode::invalid_argument, "{}: attention window {}", where, layer.window);
  }
  if (spec.positions == PositionKind::rope) FERRY_TRY_VOID(check_rope(spec.rope, spec.head_dim, where));
  FERRY_TRY_VOID(check_encoder(spec, where));
  return check_token_ids(spec, where);
}

}  // namespace ferry
