#pragma once
// SHA-256 (FIPS 180-4), by OpenSSL.

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace ferry {

using Digest = std::array<uint8_t, 32>;  // all zeros: none was taken

// Of the pieces, one after the other. Any thread.
Digest sha256(std::initializer_list<std::string_view> pieces);
inline Digest sha256(std::string_view bytes) {
  return sha256({bytes});
}

std::string to_hex(const Digest& digest);  // 64 lower-case digits
std::optional<Digest> parse_digest(std::string_view hex);

inline std::string_view bytes_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace ferry
