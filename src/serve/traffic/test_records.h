#pragma once
// For tests: records with something in every field, and folders that go away.

#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "base/core/rng.h"
#include "serve/traffic/records.h"

namespace ferry {

class TestFolder {
 public:
  TestFolder() {
    static int count = 0;
    path_ = std::filesystem::temp_directory_path() / fmt::format("ferry_traffic_{}_{}", ::getpid(), count++);
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline constexpr int64_t kTestTime = 1'764'000'000'000'000;  // 2025-11-24T16:00:00Z

// The n-th exchange of a test: the same each time.
inline ExchangeId test_id(uint64_t n) {
  return {ExchangeId::first_at(kTestTime).high, uint64_t{2} << 62 | n};
}

inline Intent test_intent(uint64_t n, uint32_t attempt = 1) {
  return {.exchange = test_id(n),
          .attempt = attempt,
          .time_us = kTestTime + static_cast<int64_t>(n),
          .key_id = fmt::format("key-{}", n % 3),
          .team_id = n % 3 == 0 ? "sales" : "support",
          .user = fmt::format("person-{}", n % 5),
          .route = "chat",
          .target = "openai/large",
          .provider = "openai",
          .region = "eu",
          .dialect = "openai",
          .labels = {"pii", "internal"},
          .verdict = "redact",
          .reasons = {"label pii", "email"},
          .stream = n % 2 == 0,
          .reserved = 1000 + static_cast<int64_t>(n),
          .price_version = "2026-01-01",
          .request_digest = sha256("question")};
}

inline Outcome test_outcome(uint64_t n, uint32_t attempt = 1) {
  return {
      .exchange = test_id(n),
      .attempt = attempt,
      .time_us = kTestTime + static_cast<int64_t>(n) + 900'000,
      .fate = Fate::ok,
      .http_status = 200,
      .usage = {.prompt_tokens = 100,
                .completion_tokens = 20,
                .cached_tokens = 50,
                .cache_creation_tokens = 5,
                .reasoning_tokens = 7},
      .cost = 700 + static_cast<int64_t>(n),
      .first_token_us = 120'000,
      .total_us = 900'000,
      .request_bytes = 512,
      .answer_bytes = 2048,
      .retries = attempt - 1,
      .answer_digest = sha256("answer"),
      .counterfactuals = {{.target = "local/small", .cost = 10, .is_estimate = true, .relative_error = 0.1},
                          {.target = "openai/small", .cost = 300, .is_estimate = false}}};
}

}  // namespace ferry
