#include "serve/traffic/records.h"

#include <set>

#include <gtest/gtest.h>

namespace ferry {
namespace {

TEST(ExchangeId, IsAUuidOfVersion7ThatSortsByTime) {
  const int64_t time = 1'763'841'600'123'456;
  const ExchangeId id = ExchangeId::make(time);
  const std::string text = id.to_string();
  EXPECT_EQ(text.size(), 36u);
  EXPECT_EQ(text[14], '7');                                          // version
  EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos);  // variant
  EXPECT_EQ(id.unix_ms(), time / 1000);
  EXPECT_LT(id, ExchangeId::make(time + 1));
  EXPECT_LE(ExchangeId::first_at(time), id);
  EXPECT_LT(id, ExchangeId::first_at(time + 1));
  EXPECT_LT(text, ExchangeId::make(time + 1000).to_string());
}

TEST(ExchangeId, ParsesWhatItPrints) {
  const ExchangeId id = ExchangeId::make(unix_now_us());
  EXPECT_EQ(ExchangeId::parse(id.to_string()), id);
  EXPECT_EQ(ExchangeId::parse("019AB3C4-D5E6-7F01-8234-56789ABCDEF0"),
            (ExchangeId{0x019ab3c4d5e67f01, 0x823456789abcdef0}));
  for (const char* wrong :
       {"", "019ab3c4", "019ab3c4-d5e6-7f01-8234-56789abcdefg", "019ab3c4xd5e6-7f01-8234-56789abcdef0",
        "019ab3c4-d5e6-7f01-8234-56789abcdef01"}) {
    EXPECT_FALSE(ExchangeId::parse(wrong)) << wrong;
  }
}

TEST(ExchangeId, DiffersWithinAMicrosecond) {
  std::set<ExchangeId> ids;
  for (int i = 0; i < 10'000; ++i) ids.insert(ExchangeId::make(1'000'000));
  EXPECT_EQ(ids.size(), 10'000u);
}

// FIPS 180-4's example "abc", and the empty message.
TEST(Digest, IsSha256) {
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256({"a", "", "bc"}), sha256("abc"));
}

TEST(Digest, ParsesWhatItPrints) {
  const Digest digest = sha256("x");
  EXPECT_EQ(parse_digest(to_hex(digest)), digest);
  EXPECT_FALSE(parse_digest("ab"));
  EXPECT_FALSE(parse_digest(std::string(63, '0') + "g"));
}

TEST(Records, NamesReadBack) {
  for (int i = 0; i <= static_cast<int>(Fate::escalated); ++i) {
    EXPECT_EQ(parse_fate(to_string(static_cast<Fate>(i))), static_cast<Fate>(i));
  }
  for (int i = 0; i <= static_cast<int>(FeedbackKind::truth); ++i) {
    EXPECT_EQ(parse_feedback_kind(to_string(static_cast<FeedbackKind>(i))), static_cast<FeedbackKind>(i));
  }
  EXPECT_FALSE(parse_fate("fine"));
  EXPECT_FALSE(parse_feedback_kind(""));
  EXPECT_EQ(to_string(static_cast<RecordKind>(99)), "unknown");
}

}  // namespace
}  // namespace ferry
