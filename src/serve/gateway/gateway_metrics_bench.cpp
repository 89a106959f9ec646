// What counting costs an exchange: one beginning, one attempt, one end.

#include <benchmark/benchmark.h>

#include "serve/gateway/gateway_metrics.h"

namespace ferry {
namespace {

void BM_CountExchange(benchmark::State& state) {
  static GatewayMetrics metrics;
  ProviderConfig provider;
  provider.name = "openai";
  const TargetConfig target{.name = "openai/gpt-5-mini", .provider = &provider, .model = "gpt-5-mini"};
  const std::vector<std::string> labels;
  const ObservedExchange exchange{.route = "support",
                                  .dialect = "openai_chat",
                                  .operation = "chat",
                                  .key_id = "key_0123456789abcdef",
                                  .team_id = "team_0123456789abcdef"};
  const ObservedAttempt attempt{
      .target = &target,
      .http_status = 200,
      .usage = {.prompt_tokens = 1000, .completion_tokens = 200, .cached_tokens = 600},
      .cost = 2'500'000,
      .first_token_us = 300'000,
      .total_us = 4'000'000};
  const ObservedEnd end{
      .labels = &labels, .verdict = "allow", .attempts = 1, .first_token_us = 300'100, .total_us = 4'000'100};
  for (auto _ : state) {
    metrics.began(exchange);
    metrics.attempt_ended(exchange, attempt);
    metrics.ended(exchange, end);
  }
}
BENCHMARK(BM_CountExchange)->Threads(1)->Threads(2);

}  // namespace
}  // namespace ferry
