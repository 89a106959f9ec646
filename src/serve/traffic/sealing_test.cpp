#include "serve/traffic/sealing.h"

#include <gtest/gtest.h>

#include "base/core/file.h"
#include "serve/traffic/test_records.h"

namespace ferry {
namespace {

std::string repeat(std::string_view digits) {
  std::string text;
  for (int i = 0; i < 32; ++i) text += digits;
  return text;
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<uint8_t>(c));
  return text;
}

// The two vectors of https://c2sp.org/XAES-256-GCM.
TEST(Sealing, MatchesTheSpecification) {
  constexpr std::string_view kNonce = "ABCDEFGHIJKLMNOPQRSTUVWX";
  const Sealer first = Sealer::from_hex(repeat("01")).value();
  EXPECT_EQ(hex(first.seal_with_nonce("XAES-256-GCM", "", kNonce).value().substr(kSealNonceBytes)),
            "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271");
  const Sealer second = Sealer::from_hex(repeat("03")).value();
  EXPECT_EQ(hex(second.seal_with_nonce("XAES-256-GCM", "c2sp.org/XAES-256-GCM", kNonce)
                    .value()
                    .substr(kSealNonceBytes)),
            "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d");
}

TEST(Sealing, OpensWhatItSealed) {
  const Sealer sealer = Sealer::from_hex(repeat("a5")).value();
  for (const std::string& text : {std::string(), std::string("x"), std::string(100'000, 'y')}) {
    const std::string sealed = sealer.seal(text, "exchange 1").value();
    EXPECT_EQ(sealed.size(), text.size() + kSealNonceBytes + kSealTagBytes);
    EXPECT_EQ(sealer.unseal(sealed, "exchange 1").value(), text);
  }
  EXPECT_NE(sealer.seal("x", "").value(), sealer.seal("x", "").value());
}

TEST(Sealing, AnotherKeyAnotherRecordOrAnotherByteDoNotOpen) {
  const Sealer sealer = Sealer::from_hex(repeat("a5")).value();
  const Sealer other = Sealer::from_hex(repeat("a6")).value();
  EXPECT_NE(sealer.mark(), other.mark());
  const std::string sealed = sealer.seal("text", "exchange 1").value();
  EXPECT_EQ(other.unseal(sealed, "exchange 1").error().code, ErrorCode::corrupt);
  EXPECT_EQ(sealer.unseal(sealed, "exchange 2").error().code, ErrorCode::corrupt);
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(sealer.unseal(changed, "exchange 1")) << i;
  }
  EXPECT_FALSE(sealer.unseal("short", ""));
}

TEST(Sealing, KeysComeFromTextOrFile) {
  const TestFolder folder;
  const auto path = folder.path() / "key";
  ASSERT_TRUE(write_file_atomic(path, "\n" + repeat("0f") + " \n"));
  EXPECT_EQ(Sealer::from_file(path).value().mark(), Sealer::from_hex(repeat("0F")).value().mark());
  for (const char* wrong : {"", " \n", "abc"}) {
    ASSERT_TRUE(write_file_atomic(path, wrong));
    const auto refused = Sealer::from_file(path);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find(path.string()), std::string::npos);
  }
  const auto refused = Sealer::from_hex(repeat("0g"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message.find("0g"), std::string::npos) << "a key must not be shown";
}

}  // namespace
}  // namespace ferry
