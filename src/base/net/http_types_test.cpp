#include "base/net/http_types.h"

#include <gtest/gtest.h>

#include "base/net/http_response_head.h"
#include "base/net/sse.h"

namespace ferry {
namespace {

TEST(PercentDecode, DecodesAndRefuses) {
  EXPECT_EQ(percent_decode("a%20b+%2F%c3%A9").value(), "a b+/\xC3\xA9");
  for (const char* bad : {"%", "%2", "a%2", "%zz", "%2x"}) EXPECT_FALSE(percent_decode(bad)) << bad;
}

TEST(QueryParameter, FindsTheFirstOfItsName) {
  EXPECT_EQ(query_parameter("a=1&name=x+y%21&name=z", "name"), "x y!");
  EXPECT_EQ(query_parameter("a&b=", "a"), "");
  EXPECT_EQ(query_parameter("a&b=", "b"), "");
  EXPECT_EQ(query_parameter("ab=1", "a"), std::nullopt);
  EXPECT_EQ(query_parameter("a=%", "a"), std::nullopt);
  EXPECT_EQ(query_parameter("", ""), std::nullopt);
}

TEST(FindHeader, IgnoresCase) {
  const HttpHeaders headers{{"Content-Type", "a"}, {"content-type", "b"}};
  EXPECT_EQ(find_header(headers, "CONTENT-TYPE"), "a");
  EXPECT_EQ(find_header(headers, "Content"), std::nullopt);
}

TEST(AppendHead, NoValueCanForgeAHeader) {
  std::string out;
  HttpHead head;
  head.content_length = 3;
  append_head(out, head, {{"X-Id", "a\r\nSet-Cookie: b"}});
  EXPECT_NE(out.find("X-Id: a  Set-Cookie: b\r\n"), std::string::npos);
  EXPECT_NE(out.find("Content-Length: 3\r\n"), std::string::npos);
  EXPECT_TRUE(out.ends_with("\r\n\r\n"));
}

TEST(Sse, EveryLineOfDataGetsItsPrefix) {
  EXPECT_EQ(sse_event("{}"), "data: {}\n\n");
  EXPECT_EQ(sse_event("a\nb\r\nc\rd", "ping"), "event: ping\ndata: a\ndata: b\ndata: c\ndata: d\n\n");
  EXPECT_EQ(sse_event(""), "data: \n\n");
}

}  // namespace
}  // namespace ferry
