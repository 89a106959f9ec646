#include "base/net/http_proxy.h"

#include <boost/asio/ip/address.hpp>
#include <gmock/gmock.h>

#include "base/net/public_address.h"

namespace ferry {
namespace {

TEST(HttpProxy, IsReadFromAnAddress) {
  const HttpProxy plain = parse_http_proxy("http://proxy.example:3128/").value();
  EXPECT_EQ(plain.host, "proxy.example");
  EXPECT_EQ(plain.port, 3128);
  EXPECT_EQ(plain.credentials, "");
  EXPECT_EQ(parse_http_proxy("proxy:3128").value(), (HttpProxy{"proxy", 3128, ""}));
  EXPECT_EQ(parse_http_proxy("http://a:b%3Ac@[::1]").value(), (HttpProxy{"::1", 80, "a:b:c"}));
  EXPECT_EQ(parse_http_proxy("http://a@b@h:1").value_or(HttpProxy{}).host, "h");
  EXPECT_EQ(parse_http_proxy("http://user@h").value().credentials, "user:");
}

TEST(HttpProxy, DoesNotRepeatItsPassword) {
  for (const char* bad : {"http://u:hunter2@", "https://u:hunter2@h", "socks5://u:hunter2@h",
                          "http://u:hunter2%zz@h", "http://u:hunter2%0a@h", "http://u:hunter2@h:0"}) {
    const auto proxy = parse_http_proxy(bad);
    ASSERT_FALSE(proxy) << bad;
    EXPECT_THAT(proxy.error().message, testing::Not(testing::HasSubstr("hunter2"))) << bad;
  }
}

TEST(HttpProxy, IsBypassedForWhatNoProxyNames) {
  const auto bypasses = [](std::string_view list, std::string_view host, uint16_t port = 443) {
    return bypasses_proxy(list, host, port);
  };
  EXPECT_TRUE(bypasses("*", "anything"));
  EXPECT_TRUE(bypasses("a.test, example.com", "example.com"));
  EXPECT_TRUE(bypasses("example.com", "API.Example.com"));
  EXPECT_TRUE(bypasses(".example.com", "api.example.com"));
  EXPECT_TRUE(bypasses("*.example.com", "api.example.com"));
  EXPECT_FALSE(bypasses("example.com", "badexample.com"));
  EXPECT_FALSE(bypasses("example.com", "example.com.evil.test"));
  EXPECT_TRUE(bypasses("example.com:443", "example.com", 443));
  EXPECT_FALSE(bypasses("example.com:443", "example.com", 80));
  EXPECT_TRUE(bypasses("10.0.0.0/8", "10.1.2.3"));
  EXPECT_FALSE(bypasses("10.0.0.0/8", "11.1.2.3"));
  EXPECT_FALSE(bypasses("10.0.0.0/8", "name.test"));
  EXPECT_TRUE(bypasses("fd00::/8", "fd12::1"));
  EXPECT_FALSE(bypasses("fd00::/8", "10.0.0.1"));
  EXPECT_TRUE(bypasses("::1", "::1"));
  EXPECT_TRUE(bypasses("[::1]:8080", "::1", 8080));
  EXPECT_FALSE(bypasses("[::1]:8080", "::1", 80));
  EXPECT_TRUE(bypasses("127.0.0.1:81", "127.0.0.1", 81));
  for (const char* nothing : {"", ",", " , ", ".", "*.", "10.0.0.0/33", "10.0.0.0/x", "/8", ":80"}) {
    EXPECT_FALSE(bypasses(nothing, "10.0.0.1", 80)) << nothing;
  }
}

TEST(PublicAddress, IsWhatTheInternetKnows) {
  const auto is_public = [](const char* text) {
    return is_public_address(boost::asio::ip::make_address(text));
  };
  for (const char* address : {"8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.0", "172.15.0.1",
                              "172.32.0.1", "192.167.1.1", "223.255.255.255", "2606:4700::1111",
                              "2a00:1450:4001::1", "2001:4860::1", "::ffff:8.8.8.8", "64:ff9b::808:808"}) {
    EXPECT_TRUE(is_public(address)) << address;
  }
  for (const char* address : {"0.0.0.0",
                              "10.1.2.3",
                              "100.64.0.1",
                              "100.100.100.200",
                              "127.0.0.1",
                              "127.255.255.254",
                              "169.254.169.254",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.0.0.192",
                              "192.0.2.1",
                              "192.168.0.1",
                              "198.18.0.1",
                              "198.51.100.1",
                              "203.0.113.1",
                              "224.0.0.1",
                              "240.0.0.1",
                              "255.255.255.255",
                              "168.63.129.16",
                              "::",
                              "::1",
                              "::127.0.0.1",
                              "fe80::1",
                              "fec0::1",
                              "fd00:ec2::254",
                              "fc00::1",
                              "ff02::1",
                              "::ffff:127.0.0.1",
                              "::ffff:10.0.0.1",
                              "64:ff9b::7f00:1",
                              "64:ff9b:1::a00:1",
                              "100::1",
                              "2001::1",
                              "2001:db8::1",
                              "2002:7f00:1::",
                              "3fff::1"}) {
    EXPECT_FALSE(is_public(address)) << address;
  }
}

}  // namespace
}  // namespace ferry
