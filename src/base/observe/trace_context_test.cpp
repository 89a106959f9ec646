#include "base/observe/trace_context.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

constexpr std::string_view kHeader = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(TraceContext, ReadsAndWritesTheHeader) {
  const auto context = parse_traceparent(kHeader);
  ASSERT_TRUE(context);
  EXPECT_EQ(context->trace, (TraceId{0x0af7651916cd43dd, 0x8448eb211c80319c}));
  EXPECT_EQ(context->span, 0xb7ad6b7169203331);
  EXPECT_TRUE(context->sampled);
  EXPECT_EQ(traceparent_text(*context), kHeader);
  EXPECT_EQ(to_string(context->trace), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(span_id_text(7), "0000000000000007");
}

TEST(TraceContext, TheSampledFlagIsTheLastBit) {
  const auto sampled = [](std::string_view flags) {
    return parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-" + std::string(flags))
        ->sampled;
  };
  EXPECT_FALSE(sampled("00"));
  EXPECT_TRUE(sampled("03"));
  EXPECT_FALSE(sampled("fe"));
}

TEST(TraceContext, LaterVersionsAreReadAsFarAsTheyAreKnown) {
  const std::string later = "cc" + std::string(kHeader.substr(2));
  EXPECT_EQ(parse_traceparent(later), parse_traceparent(kHeader));
  EXPECT_EQ(parse_traceparent(later + "-what-the-future-brings"), parse_traceparent(kHeader));
  EXPECT_FALSE(parse_traceparent(later + ".what"));
}

// As the standard's own test suite has them.
TEST(TraceContext, WhatIsMalformedIsIgnored) {
  for (const std::string_view header :
       {"", "00", "00-", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-extra",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-B7AD6B7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
        "0.-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331_01",
        "00-0af7651916cd43dd8448eb211c80319-b7ad6b71692033311-01",
        " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}) {
    EXPECT_FALSE(parse_traceparent(header)) << header;
  }
}

}  // namespace
}  // namespace ferry
