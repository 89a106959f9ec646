#include "infer/tensor/tensor.h"

#include <sys/mman.h>

namespace ferry {

Shape::Shape(std::initializer_list<int64_t> dims) {
  for (const int64_t dim : dims) push_back(dim);
}

void Shape::push_back(int64_t dim) {
  FERRY_CHECK(rank_ < kMaxRank);
  dims_[static_cast<size_t>(rank_++)] = dim;
}

int64_t Shape::elements() const {
  int64_t product = 1;
  for (int i = 0; i < rank_; ++i) product *= (*this)[i];
  return product;
}

std::string Shape::to_string() const {
  std::string text = "[";
  for (int i = 0; i < rank_; ++i) text += fmt::format("{}{}", i == 0 ? "" : ", ", (*this)[i]);
  return text + "]";
}

Result<int64_t> checked_bytes(DType dtype, const Shape& shape) {
  const DTypeInfo info = dtype_info(dtype);
  int64_t elements = 1;
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] < 0 || __builtin_mul_overflow(elements, shape[i], &elements)) {
      return fail(ErrorCode::corrupt, "shape {} is negative or overflows", shape.to_string());
    }
  }
  const int64_t row = shape.rank() == 0 ? 1 : shape.back();
  if (row % info.elements != 0) {
    return fail(ErrorCode::corrupt, "rows of {} are not whole {} blocks of {}", row, info.name,
                info.elements);
  }
  int64_t bytes = 0;
  if (__builtin_mul_overflow(elements / info.elements, info.bytes, &bytes)) {
    return fail(ErrorCode::corrupt, "shape {} overflows", shape.to_string());
  }
  return bytes;
}

void UnmapMemory::operator()(std::byte* address) const {
  ::munmap(address, bytes);
}

Result<Buffer> Buffer::allocate(size_t bytes) {
  constexpr size_t kHugePage = size_t{2} << 20;
  Buffer buffer;
  if (bytes == 0) return buffer;
  void* address = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (address == MAP_FAILED) {
    return fail(ErrorCode::resource_exhausted, "cannot get {} bytes of memory", bytes);
  }
  if (bytes >= kHugePage) ::madvise(address, bytes, MADV_HUGEPAGE);
  buffer.data_ = {static_cast<std::byte*>(address), UnmapMemory{bytes}};
  return buffer;
}

SharedBytes::SharedBytes(Buffer buffer) {
  const auto shared = std::make_shared<const Buffer>(std::move(buffer));
  bytes_ = {shared->data(), shared->size()};
  owner_ = shared;
}

}  // namespace ferry
