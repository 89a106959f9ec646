#pragma once
// What applications send as their API key.

#include <string>
#include <string_view>

#include "serve/accounts/account.h"

namespace ferry {

inline constexpr std::string_view kSecretPrefix = "fk_";

// "fk_" and 43 letters and digits, each drawn evenly from 62 by the system's generator: 256 bits.
std::string make_secret();

// Of any text, a secret or not. Any thread. How long it takes depends on the length alone.
KeyHash hash_secret(std::string_view secret);

// Its first letters, which tell keys apart and leave 232 bits unknown: "fk_a1B2".
std::string secret_hint(std::string_view secret);

}  // namespace ferry
