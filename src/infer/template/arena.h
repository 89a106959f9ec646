#pragma once
// Memory that is given back all at once. Every value of a rendering, and every node of a parsed template,
// lives in an arena: no reference counts, no cycles to break, and one number that bounds what a hostile
// template can take.

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "infer/template/error.h"

namespace ferry::jinja {

class Arena {
 public:
  explicit Arena(size_t max_bytes) : max_bytes_(max_bytes) {}

  // Never null; raises resource_exhausted beyond max_bytes.
  void* allocate(size_t bytes, size_t alignment = alignof(std::max_align_t)) {
    const size_t start = (used_ + alignment - 1) & ~(alignment - 1);
    if (start > capacity_ || bytes > capacity_ - start) return allocate_in_new_chunk(bytes);
    used_ = start + bytes;
    return chunk_ + start;
  }

  // Makes the latest allocation longer in place; false: it is not the latest, or the chunk is full.
  bool extend(const void* block, size_t old_bytes, size_t new_bytes) {
    const char* end = static_cast<const char*>(block) + old_bytes;
    if (chunk_ == nullptr || end != chunk_ + used_ || new_bytes - old_bytes > capacity_ - used_) return false;
    used_ += new_bytes - old_bytes;
    return true;
  }

  template <class T, class... Args>
  T* make(Args&&... args) {
    static_assert(std::is_trivially_destructible_v<T>, "nothing in an arena is destroyed");
    return new (allocate(sizeof(T), alignof(T))) T{std::forward<Args>(args)...};
  }

  template <class T>
  T* array(size_t count) {
    static_assert(std::is_trivially_destructible_v<T> && std::is_trivially_copyable_v<T>);
    if (count > max_bytes_ / sizeof(T)) exhausted();
    T* items = static_cast<T*>(allocate(count * sizeof(T), alignof(T)));
    std::uninitialized_value_construct_n(items, count);
    return items;
  }

  template <class T>
  std::span<T> copy(const std::vector<T>& items) {
    T* copied = array<T>(items.size());
    std::copy(items.begin(), items.end(), copied);
    return {copied, items.size()};
  }

  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* bytes = static_cast<char*>(allocate(text.size(), 1));
    std::memcpy(bytes, text.data(), text.size());
    return {bytes, text.size()};
  }

  size_t max_bytes() const { return max_bytes_; }

 private:
  static constexpr size_t kFirstChunk = size_t{32} << 10;
  static constexpr size_t kLargestStep = size_t{8} << 20;

  [[noreturn]] void exhausted() const {
    raise_limit("the template needs more than {} bytes of memory", max_bytes_);
  }

  void* allocate_in_new_chunk(size_t bytes) {
    const size_t step = std::min(std::max(kFirstChunk, total_), kLargestStep);
    const size_t size = std::max(bytes, std::min(step, max_bytes_ - std::min(total_, max_bytes_)));
    if (total_ > max_bytes_ || size > max_bytes_ - total_) exhausted();
    chunks_.push_back(std::make_unique_for_overwrite<char[]>(size));
    chunk_ = chunks_.back().get();
    capacity_ = size;
    total_ += size;
    used_ = bytes;
    return chunk_;
  }

  size_t max_bytes_;
  size_t total_ = 0;
  char* chunk_ = nullptr;
  size_t used_ = 0;
  size_t capacity_ = 0;
  std::vector<std::unique_ptr<char[]>> chunks_;
};

}  // namespace ferry::jinja
