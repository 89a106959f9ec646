#include "base/net/http_url.h"

#include <gmock/gmock.h>

namespace ferry {
namespace {

TEST(HttpUrl, IsTakenApart) {
  const auto check = [](std::string_view text, bool tls, std::string_view host, uint16_t port,
                        std::string_view target, std::string_view authority) {
    SCOPED_TRACE(text);
    const auto url = parse_http_url(text);
    ASSERT_TRUE(url);
    EXPECT_EQ(url->tls, tls);
    EXPECT_EQ(url->host, host);
    EXPECT_EQ(url->port, port);
    EXPECT_EQ(url->target, target);
    EXPECT_EQ(url->authority(), authority);
  };
  check("http://h", false, "h", 80, "/", "h");
  check("HTTP://h:81/a?b#c", false, "h", 81, "/a?b", "h:81");
  check("http://h?b", false, "h", 80, "/?b", "h");
  check("http://[::1]:8080/x", false, "::1", 8080, "/x", "[::1]:8080");
  check("http://[::1]", false, "::1", 80, "/", "[::1]");
  check("https://api.example.com/v1", true, "api.example.com", 443, "/v1", "api.example.com");
  check("HTTPS://h:80", true, "h", 80, "/", "h:80");
}

TEST(HttpUrl, WhatIsNoneIsRefused) {
  for (const char* bad :
       {"", "h", "ftp://h", "http://", "https://", "http://h:", "http://h:0", "http://h:99999", "http://h:8x",
        "http://[::1", "http://[::1]8", "http:///x", "http://a b/", "http://h\r\nX: y/", "http://h%00/"}) {
    EXPECT_FALSE(parse_http_url(bad)) << bad;
  }
}

TEST(HttpUrl, DoesNotRepeatAPassword) {
  const auto url = parse_http_url("https://user:hunter2@h/");
  ASSERT_FALSE(url);
  EXPECT_THAT(url.error().message, testing::Not(testing::HasSubstr("hunter2")));
}

}  // namespace
}  // namespace ferry
