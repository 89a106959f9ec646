#include "serve/accounts/secret.h"

#include <memory>

#include <openssl/evp.h>
#include <sys/random.h>

namespace ferry {
namespace {

constexpr std::string_view kLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr size_t kSecretLetters = 43;  // 62^43 > 2^256
constexpr size_t kHintLetters = 4;

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// Looked up once: doing that for each key would take longer than hashing it.
const EVP_MD* sha256() {
  static const EVP_MD* const kDigest = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  FERRY_CHECK(kDigest != nullptr);
  return kDigest;
}

}  // namespace

std::string make_secret() {
  std::string secret(kSecretPrefix);
  while (secret.size() < kSecretPrefix.size() + kSecretLetters) {
    std::array<unsigned char, 64> random{};
    // For so few bytes the call is never interrupted, and it waits only until the system has been seeded.
    FERRY_CHECK(::getrandom(random.data(), random.size(), 0) == static_cast<ssize_t>(random.size()));
    for (const unsigned char byte : random) {
      const size_t letter = byte & 63u;
      if (letter >= kLetters.size()) continue;  // a remainder would favour the first letters
      if (secret.size() < kSecretPrefix.size() + kSecretLetters) secret.push_back(kLetters[letter]);
    }
  }
  return secret;
}

KeyHash hash_secret(std::string_view secret) {
  thread_local std::unique_ptr<EVP_MD_CTX, FreeDigest> context(EVP_MD_CTX_new());
  KeyHash hash{};
  unsigned size = 0;
  FERRY_CHECK(EVP_DigestInit_ex2(context.get(), sha256(), nullptr) == 1);
  FERRY_CHECK(EVP_DigestUpdate(context.get(), secret.data(), secret.size()) == 1);
  FERRY_CHECK(EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(hash.data()), &size) == 1);
  FERRY_CHECK(size == hash.size());
  return hash;
}

std::string secret_hint(std::string_view secret) {
  return std::string(secret.substr(0, kSecretPrefix.size() + kHintLetters));
}

}  // namespace ferry
