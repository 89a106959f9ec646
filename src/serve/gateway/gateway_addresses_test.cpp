// What a configuration's names lead to: a vendor's name that resolves to an address within is not connected
// to.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/db/scratch_folder.h"
#include "base/observe/log.h"
#include "serve/gateway/test_upstream.h"

namespace ferry {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST(GatewayAddresses, ANameThatLeadsWithinIsNotConnectedTo) {
  set_log(LogLevel::off, LogFormat::automatic);
  const ScratchFolder folder;
  TestUpstream upstream;
  const std::string port = upstream.url().substr(upstream.url().rfind(':') + 1);
  const auto accounts = Accounts::open(folder / "ferry.db").value();
  NetThreads threads(1);
  for (const std::string address : {"127.0.0.1", "::ffff:127.0.0.1", "169.254.169.254", "10.0.0.1", "::1"}) {
    HttpPool pool(threads, {.resolve = [&](const std::string&) -> Result<std::vector<std::string>> {
                    return std::vector{address};
                  }});
    Gateway gateway(threads, pool, *accounts, nullptr, nullptr);
    const std::string yaml = fmt::format(
        "providers:\n  vendor: {{dialect: openai, url: 'https://api.vendor.example:{}/v1'}}\n"
        "routes:\n  chat: {{targets: vendor/ok, retries: 0}}\n",
        port);
    ASSERT_TRUE(gateway.use(read_gateway_config(yaml).config));
    const auto answer = std::make_shared<TestAnswer>();
    gateway.answer({.dialect = &kOpenAiChat,
                    .body = R"({"model": "chat", "messages": [{"role": "user", "content": "hi"}]})",
                    .principal = accounts->keyless()},
                   std::make_unique<TestClient>(answer));
    ASSERT_TRUE(answer->wait());
    ASSERT_TRUE(answer->error) << address;
    EXPECT_EQ(answer->error->reason, "upstream_denied") << address;
    EXPECT_THAT(answer->error->error.message, testing::Not(HasSubstr("api.vendor.example")));
  }
  EXPECT_THAT(upstream.bodies(), IsEmpty());
}

}  // namespace
}  // namespace ferry
