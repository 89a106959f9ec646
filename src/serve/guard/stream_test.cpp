#include <gtest/gtest.h>

#include "base/core/json.h"
#include "serve/guard/finding_stream.h"
#include "serve/guard/redaction.h"
#include "serve/guard/test_texts.h"

namespace ferry {
namespace {

std::vector<std::string> cut(Rng& rng, std::string_view text, size_t longest) {
  std::vector<std::string> pieces;
  while (!text.empty()) {
    const size_t size = std::min(text.size(), 1 + rng.below(longest));
    pieces.emplace_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return pieces;
}

TEST(FindingStream, FindsTheSameHoweverTheTextIsCut) {
  Rng rng(1);
  for (int round = 0; round < 1500; ++round) {
    const std::string text = random_text(rng, 1 + rng.below(30));
    FindingStream stream(test_detectors());
    std::string out;
    std::vector<Finding> findings;
    const auto take = [&](const FindingStream::Piece& piece) {
      EXPECT_EQ(piece.offset, out.size());
      out += piece.text;
      for (const Finding& f : piece.findings) {
        EXPECT_GE(f.begin, piece.offset);
        EXPECT_LE(f.end, out.size());
        findings.push_back(f);
      }
    };
    for (const std::string& piece : cut(rng, text, 1 + rng.below(20))) take(stream.push(piece));
    take(stream.finish());
    EXPECT_EQ(out, text);
    EXPECT_EQ(findings, test_detectors()->find(text)) << text;
  }
}

TEST(FindingStream, LongTextsForgetWhatIsBehindThem) {
  Rng rng(2);
  const std::string text = random_text(rng, 20'000);
  FindingStream stream(test_detectors());
  std::vector<Finding> findings;
  for (const std::string& piece : cut(rng, text, 300)) {
    for (const Finding& f : stream.push(piece).findings) findings.push_back(f);
  }
  for (const Finding& f : stream.finish().findings) findings.push_back(f);
  EXPECT_EQ(findings, test_detectors()->find(text));
}

TEST(FindingStream, HoldsBackNoMoreThanTheLastWord) {
  const auto detectors = Detectors::compile({}).value();
  FindingStream stream(detectors);
  size_t pushed = 0;
  size_t released = 0;
  for (const std::string word :
       {"The ", "answer ", "is ", "forty", "-two", ", ", "as ", "everybody ", "knows", "."}) {
    pushed += word.size();
    released += stream.push(word).text.size();
    EXPECT_LE(pushed - released, 16U) << word;
  }
  const std::string run(100'000, 'x');
  released += stream.push(run).text.size();
  EXPECT_LE(pushed + run.size() - released, 80U);
}

TEST(Redaction, EqualValuesHaveOnePlaceholder) {
  Redaction redaction;
  const std::string text = "a@b.com, c@d.com, a@b.com, +49 30 901820";
  EXPECT_EQ(redaction.redact(text, test_detectors()->find(text)),
            "[EMAIL_1], [EMAIL_2], [EMAIL_1], [PHONE_1]");
  EXPECT_EQ(redaction.restore("To [EMAIL_2] and [EMAIL_9]"), "To c@d.com and [EMAIL_9]");
}

TEST(Redaction, WhatAUserWroteIsNotOneOfOurs) {
  Redaction redaction;
  const std::string text = "[EMAIL_1] is a@b.com";
  const std::string redacted = redaction.redact(text, test_detectors()->find(text));
  EXPECT_EQ(redacted, "[LITERAL_1] is [EMAIL_1]");
  EXPECT_EQ(redaction.restore(redacted), text);
}

TEST(Redaction, RestoresAnyTextCutAnywhere) {
  Rng rng(3);
  for (int round = 0; round < 1500; ++round) {
    const std::string text = random_text(rng, 1 + rng.below(20));
    Redaction redaction;
    RedactStream out(test_detectors(), redaction);
    std::string redacted;
    for (const std::string& piece : cut(rng, text, 1 + rng.below(20))) redacted += out.push(piece);
    redacted += out.finish();
    Redaction whole;
    EXPECT_EQ(redacted, whole.redact(text, test_detectors()->find(text)));
    EXPECT_EQ(redaction.restore(redacted), text);
    RestoreStream back(redaction, RestoreStream::Form::text);
    std::string restored;
    for (const std::string& piece : cut(rng, redacted, 1 + rng.below(8))) restored += back.push(piece);
    EXPECT_EQ(restored + back.finish(), text);
  }
}

TEST(Redaction, ValuesInJsonAreEscaped) {
  Redaction redaction;
  const std::string key = "-----BEGIN PRIVATE KEY-----\nMII\"\\\n-----END PRIVATE KEY-----";
  const std::string placeholder = redaction.redact(key, test_detectors()->find(key));
  EXPECT_EQ(placeholder, "[SECRET_1]");
  RestoreStream stream(redaction, RestoreStream::Form::json);
  std::string json = stream.push("{\"key\":\"[SEC");
  json += stream.push("RET_1]\",\"list\":[1,[2]]}");
  json += stream.finish();
  EXPECT_EQ(parse_json(json, "arguments").value().at("key").as_string(), key);
}

}  // namespace
}  // namespace ferry
