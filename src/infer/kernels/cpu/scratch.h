#pragma once

#include <cstddef>

namespace ferry::kernels::cpu {

// At least `bytes` of memory, aligned to 64, that belongs to the calling thread until its next call. It grows
// to the largest size asked for and goes when the thread ends.
std::byte* thread_scratch(size_t bytes);

}  // namespace ferry::kernels::cpu
