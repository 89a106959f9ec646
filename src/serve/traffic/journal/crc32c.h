#pragma once
// CRC-32C (Castagnoli; RFC 3720, appendix B.4): the polynomial that x86's CRC32 instruction computes.

#include <cstdint>
#include <string_view>

namespace ferry {

uint32_t crc32c(std::string_view bytes);

// Without the instruction, for machines that lack it and for tests.
uint32_t crc32c_portable(std::string_view bytes);

}  // namespace ferry
