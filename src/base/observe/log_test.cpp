#include "base/observe/log.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

constexpr int64_t kTime = 1795320271507;  // 2026-11-22T04:04:31.507Z

TEST(Log, TextQuotesWhatCouldBeTakenForSomethingElse) {
  EXPECT_EQ(format_log_line(LogFormat::text, kTime, LogLevel::info, "listening",
                            {{"url", "http://h:1"}, {"n", 2}, {"on", true}, {"x", 0.5}}),
            "04:04:31.507 info    listening url=http://h:1 n=2 on=true x=0.5\n");
  EXPECT_EQ(format_log_line(LogFormat::text, kTime, LogLevel::error, "failed",
                            {{"why", "a b\n\x1b[31m"}, {"empty", ""}, {"pair", "a=b"}}),
            "04:04:31.507 error   failed why=\"a b\\n\\u001b[31m\" empty=\"\" pair=\"a=b\"\n");
}

TEST(Log, JsonIsOneLine) {
  EXPECT_EQ(
      format_log_line(LogFormat::json, kTime, LogLevel::warning, "odd", {{"why", "a\n\"b\""}, {"n", -1}}),
      "{\"time\":\"2026-11-22T04:04:31.507Z\",\"level\":\"warning\",\"message\":\"odd\","
      "\"why\":\"a\\n\\\"b\\\"\",\"n\":-1}\n");
}

TEST(Log, WritesLinesOfItsLevelAndAbove) {
  set_log(LogLevel::warning, LogFormat::text);
  testing::internal::CaptureStderr();
  log_info("not this");
  log_warning("this", {{"n", 1}});
  set_log(LogLevel::off, LogFormat::text);
  log_error("nor this");
  const std::string out = testing::internal::GetCapturedStderr();
  set_log(LogLevel::info, LogFormat::automatic);
  EXPECT_TRUE(out.ends_with(" warning this n=1\n"));
  EXPECT_EQ(out.find("not"), std::string::npos);
  EXPECT_EQ(out.find("nor"), std::string::npos);
}

TEST(Log, ReadsItsNames) {
  EXPECT_EQ(parse_log_level("debug"), LogLevel::debug);
  EXPECT_EQ(parse_log_level("loud"), std::nullopt);
  EXPECT_EQ(parse_log_format("json"), LogFormat::json);
  EXPECT_EQ(parse_log_format("xml"), std::nullopt);
}

}  // namespace
}  // namespace ferry
