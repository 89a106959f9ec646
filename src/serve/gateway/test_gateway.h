#pragma once
// For tests: a gateway with real sockets, a real journal and a real database.

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/db/scratch_folder.h"
#include "base/observe/log.h"
#include "serve/accounts/account_store.h"
#include "serve/gateway/gateway.h"
#include "serve/gateway/test_upstream.h"
#include "serve/traffic/store.h"

namespace ferry {

inline constexpr int64_t kCent = 10'000'000;

class GatewayTest : public testing::Test {
 protected:
  GatewayTest() { set_log(LogLevel::off, LogFormat::automatic); }
  ~GatewayTest() override { gateway_.reset(); }

  // Routes over the test's upstream: openai/MODEL, and the same elsewhere as eu/MODEL.
  void configure(std::string_view routes, std::string_view more = "") {
    const std::string yaml = fmt::format(R"(providers:
  openai: {{dialect: openai, url: {0}/v1, region: us, allow_private: true}}
  eu: {{dialect: openai, url: {0}/v1, region: eu, allow_private: true}}
prices:
  openai/ok: {{input: 1000, output: 1000}}
  openai/cut: {{input: 1000, output: 1000}}
  openai/wait: {{input: 1000, output: 1000}}
  eu/ok: {{input: 2000, output: 2000}}
{1}
routes:
{2})",
                                         upstream_.url(), more, routes);
    ConfigReading reading = read_gateway_config(yaml);
    ASSERT_TRUE(reading.config) << reading.error("test.yaml").message;
    const auto used = gateway_->use(reading.config);
    ASSERT_TRUE(used) << used.error().message;
  }

  std::shared_ptr<const Principal> keyless() { return accounts_->keyless(); }
  std::shared_ptr<const Principal> with_key(const KeyTerms& terms) {
    AccountStore store = AccountStore::open(folder_ / "ferry.db").value();
    const auto now =
        std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const NewKey key = store.create_key(terms, now).value();
    EXPECT_TRUE(accounts_->refresh());
    return accounts_->authenticate(key.secret, now).value();
  }

  std::shared_ptr<TestAnswer> send(std::string body, std::shared_ptr<const Principal> who,
                                   const WireDialect& dialect = kOpenAiChat, HttpHeaders headers = {}) {
    auto answer = std::make_shared<TestAnswer>();
    handle_ = gateway_->answer({.dialect = &dialect,
                                .body = std::move(body),
                                .headers = std::move(headers),
                                .principal = std::move(who)},
                               std::make_unique<TestClient>(answer));
    return answer;
  }
  std::shared_ptr<TestAnswer> ask(std::string_view route, std::string_view text = "hi", bool stream = false) {
    auto answer = send(
        fmt::format(R"({{"model": "{}", "messages": [{{"role": "user", "content": "{}"}}], "stream": {}}})",
                    route, text, stream),
        keyless());
    EXPECT_TRUE(answer->wait());
    return answer;
  }

  std::vector<Attempt> attempts() {
    EXPECT_TRUE(recorder_->flush());
    std::vector<Attempt> all = recorder_->store().attempts({}).value();
    std::reverse(all.begin(), all.end());  // the oldest first
    return all;
  }
  int64_t reserved() {
    int64_t sum = 0;
    const auto now =
        std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    for (const BudgetBalance& balance : accounts_->balances(now)) sum += balance.reserved;
    return sum;
  }

  ScratchFolder folder_;
  TestUpstream upstream_;
  NetThreads threads_{1};
  HttpPool pool_{threads_, {}};
  std::unique_ptr<Accounts> accounts_ = Accounts::open(folder_ / "ferry.db").value();
  std::unique_ptr<Recorder> recorder_ = Recorder::open(folder_.path(), {}).value();
  std::unique_ptr<Gateway> gateway_ =
      std::make_unique<Gateway>(threads_, pool_, *accounts_, recorder_.get(), nullptr);
  std::shared_ptr<GatewayHandle> handle_;
};

}  // namespace ferry
