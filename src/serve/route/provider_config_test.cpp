#include "serve/route/provider_config.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/core/file.h"
#include "base/core/random_id.h"

namespace ferry {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(UpstreamUrl, IsTakenApart) {
  EXPECT_EQ(parse_upstream_url("https://API.OpenAI.com/v1/").value(),
            (UpstreamUrl{true, "api.openai.com", 443, "/v1"}));
  EXPECT_EQ(parse_upstream_url("http://[::1]:8080").value(), (UpstreamUrl{false, "::1", 8080, ""}));
  EXPECT_EQ(parse_upstream_url("HTTPS://a.example:443/x/y").value().path, "/x/y");
  for (const char* url :
       {"https://a.example/v1", "http://[::1]:8080", "http://a.example", "https://a.example:8443"})
    EXPECT_EQ(parse_upstream_url(url).value().text(), url);
}

TEST(UpstreamUrl, RefusesWhatCouldMeanSomethingElse) {
  for (const char* url : {"",
                          "a.example",
                          "ftp://a.example",
                          "https://",
                          "https:///v1",
                          "https://user:key@a.example",
                          "https://a.example?x=1",
                          "https://a.example/#x",
                          "https://a.example:0",
                          "https://a.example:65536",
                          "https://a.example:x",
                          "https://a.example:",
                          "https://a b",
                          "https://a\r\nHost: b",
                          "https://[::1",
                          "https://[x]",
                          "https://[::1]x",
                          "https://a.example\\@b",
                          "https://ä.example",
                          "https://a.example/\\x",
                          "https://%61.example"}) {
    EXPECT_FALSE(parse_upstream_url(url)) << url;
  }
  EXPECT_FALSE(parse_upstream_url("https://a.example/" + std::string(3000, 'x')));
}

TEST(PrivateHost, KnowsAddressesAndNamesThatAreNotPublic) {
  for (const char* host : {"127.0.0.1",   "10.1.2.3",          "172.16.0.1",       "172.31.255.255",
                           "192.168.1.1", "169.254.169.254",   "100.64.0.1",       "0.0.0.0",
                           "224.0.0.1",   "255.255.255.255",   "192.0.2.1",        "::",
                           "::1",         "fe80::1",           "fc00::1",          "fd12:3456::1",
                           "ff02::1",     "2001:db8::1",       "::ffff:127.0.0.1", "::ffff:10.0.0.1",
                           "::127.0.0.1", "64:ff9b::10.0.0.1", "2002:7f00:1::",    "localhost",
                           "LOCALHOST.",  "intranet",          "db.internal",      "printer.local",
                           "a.localhost", "2130706433",        "0x7f.1",           "127.1",
                           "0177.0.0.1"}) {
    EXPECT_TRUE(is_private_host(host)) << host;
  }
  for (const char* host :
       {"8.8.8.8", "172.32.0.1", "172.15.255.255", "100.128.0.1", "193.168.1.1", "api.openai.com",
        "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "internal.example.com", "1e100.net"}) {
    EXPECT_FALSE(is_private_host(host)) << host;
  }
}

TEST(Vendors, OpenAisOwnApiKnowsNoThoughtsInMessages) {
  ProviderConfig provider{.name = "a", .dialect = ProviderDialect::openai};
  provider.url.host = "api.openai.com";
  const FeatureSet lacks = lacks_of_vendor(provider);
  EXPECT_TRUE(lacks.has(Feature::signed_thoughts));
  EXPECT_TRUE(lacks.has(Feature::unsigned_thoughts));
  EXPECT_TRUE(lacks.has(Feature::cache_control));
  EXPECT_FALSE(lacks.has(Feature::tools));
  provider.url.host = "openrouter.ai";
  EXPECT_EQ(lacks_of_vendor(provider), FeatureSet());
  provider.url.host = "api.openai.com";
  provider.dialect = ProviderDialect::anthropic;
  EXPECT_EQ(lacks_of_vendor(provider), FeatureSet());
}

TEST(Vendors, ClaudeThinksAdaptivelyFromItsVersionOn) {
  ProviderConfig provider;
  for (const std::string_view model :
       {"claude-opus-4-6", "claude-sonnet-4-6-20260217", "claude-opus-4.7", "claude-sonnet-5",
        "claude-haiku-5-20270101", "anthropic.claude-opus-4-6-v1", "claude-opus-10-1"})
    EXPECT_TRUE(thinks_adaptively(provider, model)) << model;
  for (const std::string_view model :
       {"claude-opus-4-5", "claude-opus-4-20250514", "claude-3-7-sonnet-20250219",
        "claude-sonnet-4-5-20250929", "claude-instant", "kimi-k2", "claude-2.1"})
    EXPECT_FALSE(thinks_adaptively(provider, model)) << model;
  provider.models["claude-opus-4-6"].adaptive_thinking = false;
  provider.models["kimi-k2"].adaptive_thinking = true;
  provider.models["claude-sonnet-5"].context = 1000;
  EXPECT_FALSE(thinks_adaptively(provider, "claude-opus-4-6"));
  EXPECT_TRUE(thinks_adaptively(provider, "kimi-k2"));
  EXPECT_TRUE(thinks_adaptively(provider, "claude-sonnet-5"));
}

TEST(SecretRef, IsResolvedWithoutTellingTheSecret) {
  const std::string variable = random_id("FERRY_TEST_");
  const SecretRef named{SecretRef::From::environment, variable};
  EXPECT_THAT(resolve(named).error().message, HasSubstr(variable + " is not set"));
  ::setenv(variable.c_str(), " sk-123 \n", 1);
  EXPECT_EQ(resolve(named).value(), "sk-123");
  ::setenv(variable.c_str(), "sk-123\r\nHost: x", 1);
  EXPECT_THAT(resolve(named).error().message, Not(HasSubstr("sk-123")));
  ::setenv(variable.c_str(), "", 1);
  EXPECT_THAT(resolve(named).error().message, HasSubstr("is empty"));
  ::unsetenv(variable.c_str());
  const auto file = std::filesystem::temp_directory_path() / random_id("ferry_secret_");
  ASSERT_TRUE(write_file_atomic(file, "key-in-a-file\n"));
  EXPECT_EQ(resolve({SecretRef::From::file, file.string()}).value(), "key-in-a-file");
  std::filesystem::remove(file);
  EXPECT_FALSE(resolve({SecretRef::From::file, file.string()}));
}

}  // namespace
}  // namespace ferry
