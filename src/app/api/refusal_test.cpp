#include "app/api/refusal.h"

#include <gtest/gtest.h>

namespace ferry::api {
namespace {

std::string retry_after(double seconds, ErrorCode code = ErrorCode::overloaded) {
  const Refusal refusal = refusal_of({{code, "busy"}, {}, {}, seconds});
  for (const auto& [name, value] : refusal.headers) {
    if (name == "Retry-After") return value;
  }
  return "none";
}

TEST(Refusal, SaysWhenAnotherTryMaySucceedInWholeSecondsWithinAMinute) {
  EXPECT_EQ(retry_after(0), "1");
  EXPECT_EQ(retry_after(0.2), "1");
  EXPECT_EQ(retry_after(2.0), "2");
  EXPECT_EQ(retry_after(2.1), "3");
  EXPECT_EQ(retry_after(59.5), "60");
  EXPECT_EQ(retry_after(1e9), "60");
  EXPECT_EQ(retry_after(0, ErrorCode::unavailable), "1");
  EXPECT_EQ(retry_after(9, ErrorCode::invalid_argument), "none");
}

}  // namespace
}  // namespace ferry::api
