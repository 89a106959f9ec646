#pragma once
// Shapes, views of tensors in memory that somebody else owns, and owned aligned memory.

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>

#include "base/core/result.h"
#include "infer/tensor/dtype.h"

namespace ferry {

// Up to four dimensions, outermost first (PyTorch's order; GGUF files store them the other way round).
class Shape {
 public:
  static constexpr int kMaxRank = 4;

  Shape() = default;
  Shape(std::initializer_list<int64_t> dims);

  int rank() const { return rank_; }
  int64_t operator[](int i) const { return dims_[static_cast<size_t>(i)]; }
  int64_t back() const { return dims_[static_cast<size_t>(rank_ - 1)]; }
  void push_back(int64_t dim);
  // The product of all dimensions; 1 for rank 0. Only for shapes that passed checked_bytes().
  int64_t elements() const;
  bool operator==(const Shape&) const = default;
  std::string to_string() const;  // "[2048, 512]"

 private:
  std::array<int64_t, kMaxRank> dims_{};
  int rank_ = 0;
};

// The bytes of a dense tensor. Fails for a negative dimension, a product that overflows, or rows that are
// not a whole number of blocks: shapes read from files go through here before anything else.
Result<int64_t> checked_bytes(DType dtype, const Shape& shape);

// A dense row-major tensor, not owned. `data` may be unaligned when it points into a file.
struct TensorView {
  DType dtype = DType::f32;
  Shape shape;
  const std::byte* data = nullptr;

  // 1 for a scalar, 0 when rows have no elements: files may hold either.
  int64_t rows() const {
    if (shape.rank() == 0) return 1;
    return shape.back() == 0 ? 0 : shape.elements() / shape.back();
  }
  int64_t row_bytes() const {
    const DTypeInfo info = dtype_info(dtype);
    return (shape.rank() == 0 ? 1 : shape.back()) / info.elements * info.bytes;
  }
};

struct UnmapMemory {
  size_t bytes = 0;
  void operator()(std::byte* address) const;
};

// Owned memory, aligned to 64 bytes (a cache line, an AVX-512 register), zeroed, huge pages asked for
// where it is large. Movable.
class Buffer {
 public:
  Buffer() = default;
  static Result<Buffer> allocate(size_t bytes);

  std::byte* data() { return data_.get(); }
  const std::byte* data() const { return data_.get(); }
  size_t size() const { return data_ ? data_.get_deleter().bytes : 0; }
  template <class T>
  T* as() {
    return reinterpret_cast<T*>(data_.get());
  }
  template <class T>
  const T* as() const {
    return reinterpret_cast<const T*>(data_.get());
  }

 private:
  std::unique_ptr<std::byte, UnmapMemory> data_;
};

// Read-only memory that any number of threads may hold on to: a buffer's, or a part of a mapped file.
class SharedBytes {
 public:
  SharedBytes() = default;
  explicit SharedBytes(Buffer buffer);
  // `owner` keeps `bytes` alive.
  SharedBytes(std::shared_ptr<const void> owner, std::span<const std::byte> bytes)
      : owner_(std::move(owner)), bytes_(bytes) {}

  const std::byte* data() const { return bytes_.data(); }
  size_t size() const { return bytes_.size(); }

 private:
  std::shared_ptr<const void> owner_;
  std::span<const std::byte> bytes_;
};

}  // namespace ferry
