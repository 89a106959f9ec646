#pragma once
// Contents at rest, encrypted: XAES-256-GCM (C2SP), which is AES-256-GCM under a key of its own for each
// message, derived from the key and the first half of a 192-bit nonce. The nonce is random: with 2^64
// messages under one key the chance that two of them share it is below 2^-64, so that a key need not be
// counted or changed.
//
// A sealed text is the nonce (24 bytes), the ciphertext, and the tag (16 bytes). `bound` is authenticated
// with it and not contained: the record's open part, so that a text cannot be moved to another exchange.

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/core/result.h"

namespace ferry {

inline constexpr size_t kSealNonceBytes = 24;
inline constexpr size_t kSealTagBytes = 16;

// Immutable: any thread.
class Sealer {
 public:
  // 64 hexadecimal digits. Errors never show them.
  static Result<Sealer> from_hex(std::string_view key);
  // The same in a file, with white space around it. Errors name the file.
  static Result<Sealer> from_file(const std::filesystem::path& path);

  // Which key it is, without telling anything of it; never 0.
  uint64_t mark() const { return mark_; }

  Result<std::string> seal(std::string_view text, std::string_view bound) const;
  // corrupt: it was sealed with another key, is bound to something else, or was changed.
  Result<std::string> unseal(std::string_view sealed, std::string_view bound) const;

  // For tests: with a given nonce of kSealNonceBytes.
  Result<std::string> seal_with_nonce(std::string_view text, std::string_view bound,
                                      std::string_view nonce) const;

 private:
  using Key = std::array<uint8_t, 32>;
  explicit Sealer(const Key& key);
  Result<Key> message_key(std::string_view nonce) const;

  Key key_;
  uint64_t mark_;
};

}  // namespace ferry
