#include "serve/traffic/sealing.h"

#include <cstring>
#include <memory>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/core/file.h"
#include "serve/traffic/digest.h"

namespace ferry {
namespace {

using namespace std::string_view_literals;

constexpr size_t kGcmNonceBytes = 12;
using Block = std::array<uint8_t, 16>;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const uint8_t* bytes(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

tl::unexpected<Error> openssl_failed() {
  return fail(ErrorCode::internal, "OpenSSL's AES does not work");
}

Result<Block> encrypt_block(const uint8_t* key, const Block& block) {
  const Context context(EVP_CIPHER_CTX_new());
  Block out;
  int size = 0;
  if (!context || EVP_EncryptInit_ex(context.get(), EVP_aes_256_ecb(), nullptr, key, nullptr) != 1 ||
      EVP_CIPHER_CTX_set_padding(context.get(), 0) != 1 ||
      EVP_EncryptUpdate(context.get(), out.data(), &size, block.data(), static_cast<int>(block.size())) !=
          1) {
    return openssl_failed();
  }
  return out;
}

// A subkey of CMAC (NIST SP 800-38B, 6.1): the block times x.
Block doubled(const Block& block) {
  Block out;
  uint8_t carry = 0;
  for (size_t i = block.size(); i-- > 0;) {
    out[i] = static_cast<uint8_t>(block[i] << 1 | carry);
    carry = block[i] >> 7;
  }
  out.back() = static_cast<uint8_t>(out.back() ^ (carry * 0x87));
  return out;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Sealer::Sealer(const Key& key) : key_(key) {
  const std::string_view secret(reinterpret_cast<const char*>(key_.data()), key_.size());
  const Digest digest = sha256({"ferry content key 1\0"sv, secret});
  std::memcpy(&mark_, digest.data(), sizeof mark_);
  mark_ |= 1;
}

Result<Sealer> Sealer::from_hex(std::string_view key) {
  Key bits{};
  if (key.size() != 2 * bits.size()) {
    return fail(
        ErrorCode::invalid_argument,
        "the content key must be 64 hexadecimal digits (`openssl rand -hex 32` makes one), not {} characters",
        key.size());
  }
  for (size_t i = 0; i < bits.size(); ++i) {
    const int high = hex_digit(key[2 * i]);
    const int low = hex_digit(key[2 * i + 1]);
    if (high < 0 || low < 0) {
      return fail(ErrorCode::invalid_argument, "the content key must be 64 hexadecimal digits");
    }
    bits[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return Sealer(bits);
}

Result<Sealer> Sealer::from_file(const std::filesystem::path& path) {
  FERRY_TRY(const std::string text, read_file(path, 4096));
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t begin = std::min(text.find_first_not_of(kSpace), text.size());
  const size_t end = text.find_last_not_of(kSpace) + 1;
  auto sealer = from_hex(std::string_view(text).substr(begin, std::max(begin, end) - begin));
  if (!sealer) return tl::unexpected<Error>(std::move(sealer).error().within(path.string()));
  return sealer;
}

// https://c2sp.org/XAES-256-GCM: the counter-mode KDF of NIST SP 800-108 with CMAC, two blocks.
Result<Sealer::Key> Sealer::message_key(std::string_view nonce) const {
  FERRY_TRY(const Block zero, encrypt_block(key_.data(), Block{}));
  const Block subkey = doubled(zero);
  Key key{};
  for (uint8_t counter = 1; counter <= 2; ++counter) {
    Block input{0, counter, 'X', 0};
    std::memcpy(input.data() + 4, nonce.data(), kGcmNonceBytes);
    for (size_t i = 0; i < input.size(); ++i) input[i] = static_cast<uint8_t>(input[i] ^ subkey[i]);
    FERRY_TRY(const Block half, encrypt_block(key_.data(), input));
    std::memcpy(key.data() + (counter - 1) * half.size(), half.data(), half.size());
  }
  return key;
}

Result<std::string> Sealer::seal(std::string_view text, std::string_view bound) const {
  std::array<char, kSealNonceBytes> nonce;
  if (RAND_bytes(reinterpret_cast<uint8_t*>(nonce.data()), nonce.size()) != 1) {
    return fail(ErrorCode::internal, "the system gives no random numbers");
  }
  return seal_with_nonce(text, bound, {nonce.data(), nonce.size()});
}

Result<std::string> Sealer::seal_with_nonce(std::string_view text, std::string_view bound,
                                            std::string_view nonce) const {
  FERRY_CHECK(nonce.size() == kSealNonceBytes);
  FERRY_TRY(const Key key, message_key(nonce));
  const Context context(EVP_CIPHER_CTX_new());
  std::string sealed(nonce);
  sealed.resize(kSealNonceBytes + text.size() + kSealTagBytes);
  auto* const out = reinterpret_cast<uint8_t*>(sealed.data()) + kSealNonceBytes;
  int size = 0;
  if (!context ||
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(),
                         bytes(nonce) + kGcmNonceBytes) != 1 ||
      EVP_EncryptUpdate(context.get(), nullptr, &size, bytes(bound), static_cast<int>(bound.size())) != 1 ||
      EVP_EncryptUpdate(context.get(), out, &size, bytes(text), static_cast<int>(text.size())) != 1 ||
      EVP_EncryptFinal_ex(context.get(), out + size, &size) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kSealTagBytes, out + text.size()) != 1) {
    return openssl_failed();
  }
  return sealed;
}

Result<std::string> Sealer::unseal(std::string_view sealed, std::string_view bound) const {
  if (sealed.size() < kSealNonceBytes + kSealTagBytes) {
    return fail(ErrorCode::corrupt, "a sealed text is too short to be one");
  }
  FERRY_TRY(const Key key, message_key(sealed));
  const std::string_view text =
      sealed.substr(kSealNonceBytes, sealed.size() - kSealNonceBytes - kSealTagBytes);
  std::string tag(sealed.substr(sealed.size() - kSealTagBytes));
  const Context context(EVP_CIPHER_CTX_new());
  std::string plain(text.size(), '\0');
  auto* const out = reinterpret_cast<uint8_t*>(plain.data());
  int size = 0;
  if (!context ||
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(),
                         bytes(sealed) + kGcmNonceBytes) != 1 ||
      EVP_DecryptUpdate(context.get(), nullptr, &size, bytes(bound), static_cast<int>(bound.size())) != 1 ||
      EVP_DecryptUpdate(context.get(), out, &size, bytes(text), static_cast<int>(text.size())) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kSealTagBytes, tag.data()) != 1) {
    return openssl_failed();
  }
  if (EVP_DecryptFinal_ex(context.get(), out + size, &size) != 1) {
    return fail(ErrorCode::corrupt,
                "a sealed text does not open: it was changed, or belongs to another record or another key");
  }
  return plain;
}

}  // namespace ferry
