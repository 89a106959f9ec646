#include "serve/accounts/secret.h"

#include <array>
#include <cctype>
#include <set>

#include <gtest/gtest.h>

namespace ferry {
namespace {

std::string hex(const KeyHash& hash) {
  std::string text;
  for (const std::byte byte : hash) text += fmt::format("{:02x}", static_cast<unsigned>(byte));
  return text;
}

TEST(Secret, Has43LettersThatAllOccur) {
  std::set<std::string> secrets;
  std::array<int, 256> counts{};
  constexpr int kSecrets = 2000;
  for (int i = 0; i < kSecrets; ++i) {
    const std::string secret = make_secret();
    ASSERT_EQ(secret.size(), 46u);
    ASSERT_EQ(secret.substr(0, 3), "fk_");
    for (const char c : secret.substr(3)) ++counts[static_cast<unsigned char>(c)];
    secrets.insert(secret);
  }
  EXPECT_EQ(secrets.size(), static_cast<size_t>(kSecrets));
  int letters = 0;
  for (int c = 0; c < 256; ++c) {
    if (std::isalnum(c) == 0) {
      EXPECT_EQ(counts[static_cast<size_t>(c)], 0);
      continue;
    }
    ++letters;
    // About 1387 each; 8 standard deviations away lies beyond what chance does in the life of this test.
    EXPECT_NEAR(counts[static_cast<size_t>(c)], kSecrets * 43.0 / 62, 8 * 37.0) << static_cast<char>(c);
  }
  EXPECT_EQ(letters, 62);
}

// FIPS 180-4's examples.
TEST(Secret, IsHashedWithSha256) {
  EXPECT_EQ(hex(hash_secret("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(hash_secret("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(hash_secret("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hash_secret("abc"), hash_secret("abc")) << "nothing of one call stays for the next";
}

TEST(Secret, TheHintIsItsBeginning) {
  EXPECT_EQ(secret_hint("fk_a1B2c3D4"), "fk_a1B2");
}

}  // namespace
}  // namespace ferry
