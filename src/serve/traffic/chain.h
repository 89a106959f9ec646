#pragma once
// The audit chain. Each record's head covers its bytes, its number and the head before, so that the last head
// stands for all records in their order:
//
//   personal = SHA-256("ferry personal 1\0" salt personal-part)              salt: 16 random bytes for each
//   record record   = SHA-256("ferry record 1\0" kind version u32(open bytes) open-part personal) head(n)  =
//   SHA-256("ferry chain 1\0" u64(n) head(n - 1) record)          head(0): 32 zero bytes
//
// Numbers are little-endian; kind and version are a byte each. Erasing a record's personal part and its salt
// leaves `personal`, from which, without the salt, not even a guess at what it was can be confirmed.

#include <cstdint>
#include <string_view>

#include "serve/traffic/digest.h"
#include "serve/traffic/record_codec.h"

namespace ferry {

inline constexpr size_t kSaltBytes = 16;

Digest personal_digest(std::string_view salt, std::string_view personal);
Digest record_digest(uint8_t kind, uint8_t version, std::string_view open, const Digest& personal);
Digest chain_head(int64_t number, const Digest& before, const Digest& record);

// Where a chain stands: after `number` records.
struct ChainHead {
  int64_t number = 0;
  Digest digest = {};

  std::string to_string() const;  // "1234:9f86d081…": for keeping elsewhere
  static std::optional<ChainHead> parse(std::string_view text);
  bool operator==(const ChainHead&) const = default;
};

}  // namespace ferry
