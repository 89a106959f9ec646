#include "serve/traffic/record_codec.h"

#include <gtest/gtest.h>

#include "serve/traffic/test_records.h"

namespace ferry {
namespace {

struct Encoded {
  std::string payload;
  uint32_t open_bytes = 0;

  std::string_view open() const { return std::string_view(payload).substr(0, open_bytes); }
  std::string_view personal() const { return std::string_view(payload).substr(open_bytes); }
  RecordView view(RecordKind kind) const {
    return {static_cast<uint8_t>(kind), kRecordVersion, open(), personal()};
  }
};

template <class Record>
Encoded encoded(const Record& record) {
  Encoded result;
  result.open_bytes = encode(record, result.payload);
  return result;
}

TEST(RecordCodec, IntentReadsBack) {
  const Intent intent = test_intent(7, 3);
  EXPECT_EQ(decode_intent(encoded(intent).view(RecordKind::intent)).value(), intent);
  EXPECT_EQ(decode_intent(encoded(Intent{}).view(RecordKind::intent)).value(), Intent{});
}

TEST(RecordCodec, OutcomeReadsBack) {
  const Outcome outcome = test_outcome(7, 3);
  EXPECT_EQ(decode_outcome(encoded(outcome).view(RecordKind::outcome)).value(), outcome);
}

TEST(RecordCodec, ErasureAndConfigChangeReadBack) {
  const Erasure erasure{.time_us = kTestTime,
                        .reason = ErasureReason::retention,
                        .pseudonym = "erased-1",
                        .exchanges = {test_id(1), test_id(2)},
                        .route = "chat",
                        .before_us = kTestTime};
  EXPECT_EQ(decode_erasure(encoded(erasure).view(RecordKind::erasure)).value(), erasure);
  const ConfigChange change{.time_us = kTestTime, .digest = sha256("yaml"), .source = "reload"};
  EXPECT_EQ(decode_config_change(encoded(change).view(RecordKind::config_change)).value(), change);
}

TEST(RecordCodec, ContentAndFeedbackReadBack) {
  const Content content{test_id(1), 2, kTestTime, "chat", ContentForm::redacted, "question", "answer"};
  auto read = decode_open_content(encode_open(content, 42)).value();
  EXPECT_EQ(read.key_mark, 42u);
  ASSERT_TRUE(decode_personal(encode_personal(content), read.record));
  EXPECT_EQ(read.record, content);

  const Feedback feedback{test_id(1), kTestTime, FeedbackKind::edit, 0.5, "better", "key-1"};
  auto told = decode_open_feedback(encode_open(feedback, 0)).value();
  ASSERT_TRUE(decode_personal(encode_personal(feedback), told.record));
  EXPECT_EQ(told.record, feedback);
}

TEST(RecordCodec, WhatIsPersonalIsNotInTheOpenPart) {
  const Intent intent = test_intent(7);
  const Encoded bytes = encoded(intent);
  EXPECT_EQ(bytes.open().find(intent.key_id), std::string_view::npos);
  EXPECT_EQ(bytes.open().find(intent.user), std::string_view::npos);
  EXPECT_EQ(bytes.open().find(bytes_of(intent.request_digest)), std::string_view::npos);
  EXPECT_NE(bytes.personal().find(intent.user), std::string_view::npos);
}

TEST(RecordCodec, WhatWasErasedReadsEmpty) {
  const Encoded bytes = encoded(test_intent(7));
  RecordView view = bytes.view(RecordKind::intent);
  view.personal.reset();
  Intent expected = test_intent(7);
  expected.key_id.clear();
  expected.user.clear();
  expected.request_digest = {};
  EXPECT_EQ(decode_intent(view).value(), expected);
}

TEST(RecordCodec, EveryWrongLengthIsAnError) {
  const Encoded bytes = encoded(test_outcome(7));
  for (size_t cut = 0; cut < bytes.open_bytes; ++cut) {
    RecordView view = bytes.view(RecordKind::outcome);
    view.open = view.open.substr(0, cut);
    EXPECT_EQ(decode_outcome(view).error().code, ErrorCode::corrupt) << cut;
  }
  RecordView longer = bytes.view(RecordKind::outcome);
  longer.open = bytes.payload;  // the personal part hangs on
  EXPECT_FALSE(decode_outcome(longer));
}

TEST(RecordCodec, CountsThatTheBytesCannotHoldAllocateNothing) {
  Encoded bytes = encoded(Erasure{});
  // The count of exchanges stands behind the time, the reason and the empty pseudonym.
  const size_t count_at = 8 + 1 + 4;
  for (size_t i = 0; i < 4; ++i) bytes.payload[count_at + i] = '\xFF';
  EXPECT_EQ(decode_erasure(bytes.view(RecordKind::erasure)).error().code, ErrorCode::corrupt);
}

TEST(RecordCodec, UnknownEnumerationsAndNumbersThatAreNoneAreErrors) {
  Encoded fate = encoded(test_outcome(7));
  fate.payload[16 + 4 + 8] = 99;
  EXPECT_FALSE(decode_outcome(fate.view(RecordKind::outcome)));

  const Feedback feedback{.value = std::numeric_limits<double>::infinity()};
  EXPECT_FALSE(decode_open_feedback(encode_open(feedback, 0)));
  Outcome outcome;
  outcome.counterfactuals = {{.relative_error = std::numeric_limits<double>::quiet_NaN()}};
  EXPECT_FALSE(decode_outcome(encoded(outcome).view(RecordKind::outcome)));
}

}  // namespace
}  // namespace ferry
