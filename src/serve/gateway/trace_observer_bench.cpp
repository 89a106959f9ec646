// What a trace costs an exchange on its network thread: two spans built, or found not to be wanted.

#include <benchmark/benchmark.h>

#include "serve/gateway/trace_observer.h"

namespace ferry {
namespace {

void BM_TraceExchange(benchmark::State& state) {
  TraceObserver observer([](const Span& span) { benchmark::DoNotOptimize(&span); },
                         static_cast<double>(state.range(0)));
  ProviderConfig provider;
  provider.name = "openai";
  provider.dialect = ProviderDialect::openai;
  provider.url = parse_upstream_url("https://api.openai.com/v1").value();
  const TargetConfig target{.name = "openai/gpt-5-mini", .provider = &provider, .model = "gpt-5-mini"};
  const std::vector<std::string> labels{"personal"};
  const ObservedExchange exchange{.id = ExchangeId::make(1'760'000'000'000'000),
                                  .route = "support",
                                  .dialect = "openai_chat",
                                  .operation = "chat",
                                  .key_id = "key_0123456789abcdef",
                                  .team_id = "team_0123456789abcdef",
                                  .stream = true,
                                  .began_us = 1'760'000'000'000'000};
  const ObservedAttempt attempt{.target = &target,
                                .http_status = 200,
                                .usage = {.prompt_tokens = 1000, .completion_tokens = 200},
                                .cost = 2'500'000,
                                .began_us = 1'760'000'000'000'100,
                                .first_token_us = 300'000,
                                .total_us = 4'000'000};
  const ObservedEnd end{
      .labels = &labels, .verdict = "allow", .attempts = 1, .first_token_us = 300'100, .total_us = 4'000'100};
  for (auto _ : state) {
    benchmark::DoNotOptimize(observer.traceparent(exchange, 1));
    observer.attempt_ended(exchange, attempt);
    observer.ended(exchange, end);
  }
}
BENCHMARK(BM_TraceExchange)->ArgName("ratio")->Arg(0)->Arg(1);

}  // namespace
}  // namespace ferry
