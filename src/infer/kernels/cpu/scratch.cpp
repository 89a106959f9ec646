#include "infer/kernels/cpu/scratch.h"

#include "infer/tensor/tensor.h"

namespace ferry::kernels::cpu {

std::byte* thread_scratch(size_t bytes) {
  thread_local Buffer buffer;
  if (buffer.size() < bytes) {
    buffer = Buffer();  // before asking for more: the two need not be there at once
    auto grown = Buffer::allocate(bytes);
    FERRY_CHECK(grown.has_value());
    buffer = std::move(*grown);
  }
  return buffer.data();
}

}  // namespace ferry::kernels::cpu
