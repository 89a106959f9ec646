// How long texts are, and expressions that count no further than it matters.

#include <algorithm>

#include "infer/grammar/regex_pool.h"

namespace ferry {

void RegexPool::measure(const Node& node) {
  const auto plus = [](uint64_t a, uint64_t b) {
    return static_cast<uint32_t>(std::min<uint64_t>(a + b, kUnbounded));
  };
  const auto times = [](uint64_t a, uint64_t b) {
    return static_cast<uint32_t>(std::min<uint64_t>(a * b, kUnbounded));
  };
  uint32_t shortest = kUnbounded;
  uint32_t remainder = kUnbounded;
  switch (node.kind) {
    case Kind::bytes:
      shortest = remainder = 1;
      break;
    case Kind::cat:
      shortest = plus(shortest_[node.a], shortest_[node.b]);
      remainder = std::max(plus(remainder_[node.a], shortest_[node.b]), remainder_[node.b]);
      break;
    case Kind::alt:
      remainder = 0;
      for (const RegexId part : parts(node)) {
        shortest = std::min(shortest, shortest_[part]);
        remainder = std::max(remainder, remainder_[part]);
      }
      break;
    case Kind::repeat:
      shortest = times(shortest_[node.a], node.min);
      remainder = plus(remainder_[node.a], times(shortest_[node.a], node.min == 0 ? 0 : node.min - 1));
      break;
    default:
      break;
  }
  shortest_.push_back(shortest);
  remainder_.push_back(remainder);
}

RegexId RegexPool::within(RegexId id, uint32_t bytes, FunctionRef<bool(RegexId)> any_character) {
  RegexId head = id;
  RegexId rest = kEmpty;
  if (nodes_[id].kind == Kind::cat) {
    head = nodes_[id].a;
    rest = nodes_[id].b;
  }
  const Node node = nodes_[head];
  // More repetitions than there are bytes, of something that is not empty: the end of them is not reached.
  if (node.kind == Kind::repeat && node.max != kUnbounded && node.max > bytes && !nodes_[node.a].nullable) {
    return cat(repeat(node.a, std::min(node.min, bytes + 1), kUnbounded), rest);
  }
  // A length that cannot be exceeded on the way from anywhere within `bytes` to the nearest end.
  if (node.kind != Kind::both || node.b != 2) return id;
  for (const auto& [length, other] :
       {std::pair(lists_[node.a], lists_[node.a + 1]), std::pair(lists_[node.a + 1], lists_[node.a])}) {
    const Node& run = nodes_[length];
    if (run.kind != Kind::repeat || run.min != 0 || run.max == kUnbounded || !any_character(run.a)) continue;
    if (remainder_[other] != kUnbounded && uint64_t{bytes} + remainder_[other] <= run.max)
      return cat(other, rest);
  }
  return id;
}

}  // namespace ferry
