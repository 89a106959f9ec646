#pragma once
// What one rendering has: its memory, its budget, its clock, and the table that says where values came from.
// One thread, one Runtime.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "infer/template/arena.h"
#include "infer/template/template.h"
#include "infer/template/value.h"

namespace ferry::jinja {

// One step of the path from the context to a value.
struct OriginNode {
  OriginId parent;
  std::string_view key;  // of an object; borrowed from the context
  int64_t index;         // of an array; -1: `key` counts
};

class Runtime {
 public:
  explicit Runtime(const RenderOptions& options)
      : arena(options.limits.max_memory_bytes), limits(options.limits), now(options.now) {
    steps_left_ = limits.max_steps;
    origins_.push_back({0, {}, -1});
  }

  Arena arena;
  const RenderLimits limits;
  const std::optional<std::tm> now;

  // Work done; raises when the budget is spent. Long strings and lists count in proportion.
  void charge(uint64_t steps) {
    if (steps > steps_left_) out_of_steps();
    steps_left_ -= steps;
  }
  void charge_bytes(size_t bytes) { charge(bytes / 64); }

  OriginId add_origin(OriginId parent, std::string_view key) { return add({parent, key, -1}); }
  OriginId add_origin(OriginId parent, size_t index) {
    return add({parent, {}, static_cast<int64_t>(index)});
  }
  const OriginNode& origin(OriginId id) const { return origins_[id & ~kGeneratedFlag]; }

  // Held while something nested is evaluated, printed or compared.
  class Nested {
   public:
    explicit Nested(Runtime& rt) : rt_(rt) {
      if (++rt_.depth_ > rt_.limits.max_depth) rt_.too_deep();
    }
    ~Nested() { --rt_.depth_; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;

   private:
    Runtime& rt_;
  };

 private:
  OriginId add(OriginNode node) {
    origins_.push_back(node);
    return static_cast<OriginId>(origins_.size() - 1);
  }
  [[noreturn]] void out_of_steps() const {
    raise_limit("the template takes more than {} steps", limits.max_steps);
  }
  [[noreturn]] void too_deep() {
    --depth_;
    raise_limit("the template nests more than {} evaluations", limits.max_depth);
  }

  uint64_t steps_left_ = 0;
  int depth_ = 0;
  std::vector<OriginNode> origins_;
};

}  // namespace ferry::jinja
