// The engine on a tiny golden checkpoint with the kernels of this machine.

#include "infer/engine/engine.h"

#include <algorithm>
#include <condition_variable>
#include <future>
#include <mutex>
#include <numeric>
#include <thread>

#include <gtest/gtest.h>

#include "infer/engine/engine_metrics.h"
#include "infer/engine/test_engine.h"

namespace ferry {
namespace {

std::string answer_text(Engine& engine, EngineRequest asked) {
  Listener listener;
  EXPECT_TRUE(engine.submit(std::move(asked), listener.callback()));
  listener.wait();
  return listener.text();
}

// The numeric contract, through the whole engine: neither company nor chunking, preemption or threads change
// a token of a seeded answer.
TEST(Engine, AnAnswerDoesNotDependOnItsCompany) {
  constexpr int kRequests = 12;
  const auto asked = [](int i) {
    return request(static_cast<uint64_t>(i), 5 + i * 17 % 90, 20 + i * 5 % 30);
  };
  std::vector<std::vector<TokenId>> alone;
  {
    const auto engine = load({.threads = 1});
    for (int i = 0; i < kRequests; ++i) alone.push_back(answer(*engine, asked(i)));
  }
  const EngineSettings small_steps{.threads = 2, .max_step_tokens = 13};
  const EngineSettings few_pages{.threads = 3, .kv_cache = ByteSize{96 << 10}};
  for (const EngineSettings& settings : {EngineSettings{.threads = 2}, small_steps, few_pages}) {
    const auto engine = load(settings);
    std::vector<Listener> listeners(kRequests);
    for (int i = 0; i < kRequests; ++i) {
      const auto id = engine->submit(asked(i), listeners[static_cast<size_t>(i)].callback());
      ASSERT_TRUE(id) << id.error().message;
    }
    for (size_t i = 0; i < kRequests; ++i) {
      EXPECT_EQ(listeners[i].wait(), EngineFinish::length);
      EXPECT_EQ(listeners[i].tokens(), alone[i]) << i;
    }
    if (settings.kv_cache.bytes > 0) {
      EXPECT_GT(engine->status().preemptions, 0u);
    }
  }
}

TEST(Engine, CancellingFreesThePages) {
  const auto engine = load();
  Listener listener;
  std::promise<EngineRequestId> promised;
  // The engine waits in the first event, so the answer cannot end before it is cancelled.
  auto id = promised.get_future().share();
  const auto asked = engine->submit(request(1, 40, 0), [&, tell = listener.callback()](EngineEvent event) {
    if (!event.finish) engine->cancel(id.get());
    tell(std::move(event));
  });
  ASSERT_TRUE(asked);
  promised.set_value(*asked);
  EXPECT_EQ(listener.wait(), EngineFinish::cancelled);
  engine->cancel(*asked);  // again, and of nobody
  engine->cancel(12345);
  while (engine->status().kv_pages_free != engine->status().kv_pages) std::this_thread::yield();
  EXPECT_EQ(answer(*engine, request(2, 10, 5)).size(), 5u);
}

TEST(Engine, StoppingTheEngineEndsEveryAnswer) {
  std::vector<Listener> listeners(20);
  auto engine = load({.max_running = 4});
  for (Listener& listener : listeners) ASSERT_TRUE(engine->submit(request(3, 20, 0), listener.callback()));
  engine.reset();
  for (Listener& listener : listeners) listener.wait();
}

TEST(Engine, RefusesWhatItCannotAnswer) {
  const auto engine = load({.max_model_len = 100, .max_running = 1, .max_waiting = 1});
  const auto refusal = [&](EngineRequest asked) {
    const auto id = engine->submit(std::move(asked), [](const EngineEvent&) {});
    EXPECT_FALSE(id);
    return id ? Error{} : id.error();
  };
  EXPECT_EQ(refusal(request(1, 0, 5)).code, ErrorCode::invalid_argument);
  EXPECT_EQ(refusal(request(1, 100, 1)).code, ErrorCode::resource_exhausted);
  EXPECT_NE(refusal(request(1, 90, 11)).message.find("90 tokens"), std::string::npos);
  EngineRequest unknown = request(1, 5, 5);
  unknown.prompt[2] = 1 << 20;
  EXPECT_NE(refusal(unknown).message.find("1048576"), std::string::npos);
  EngineRequest hot = request(1, 5, 5);
  hot.sampling.temperature = -1;
  EXPECT_NE(refusal(hot).message.find("temperature"), std::string::npos);

  std::vector<Listener> listeners(2);
  std::promise<void> full;
  const auto hold = full.get_future().share();
  for (Listener& listener : listeners) {
    const auto asked =
        engine->submit(request(3, 5, 5), [hold, tell = listener.callback()](EngineEvent event) {
          hold.wait();
          tell(std::move(event));
        });
    ASSERT_TRUE(asked);
  }
  EXPECT_EQ(refusal(request(4, 5, 5)).code, ErrorCode::overloaded);
  full.set_value();
  for (Listener& listener : listeners) listener.wait();
  EXPECT_EQ(answer(*engine, request(4, 5, 5)).size(), 5u);
}

TEST(Engine, SaysHowLongTheQueueTakes) {
  std::vector<Listener> listeners(6);
  const auto engine = load({.max_running = 1, .max_waiting = 5});
  EXPECT_EQ(engine->queue_s(), 0);
  answer(*engine, request(1, 5, 40));
  // Its listener hears the end before it is counted and its place is free.
  while (engine->status().waiting + engine->status().running > 0) std::this_thread::yield();
  EXPECT_EQ(engine->queue_s(), 0);  // nobody waits
  const double each = engine->metrics().recent_inference_s.value();
  EXPECT_GT(each, 0);
  EXPECT_NEAR(each, engine->metrics().inference_s.sum(), 1e-9);

  std::promise<void> full;
  const auto hold = full.get_future().share();
  for (Listener& listener : listeners) {
    ASSERT_TRUE(engine->submit(request(2, 5, 5), [hold, tell = listener.callback()](EngineEvent event) {
      if (event.completion_tokens >= 2) hold.wait();  // one runs by then
      tell(std::move(event));
    }));
  }
  while (engine->status().running == 0) std::this_thread::yield();
  EXPECT_DOUBLE_EQ(engine->queue_s(), 5 * each);
  full.set_value();
  for (Listener& listener : listeners) listener.wait();
}

TEST(RecentMean, ForgetsWhatIsLongAgo) {
  RecentMean mean;
  EXPECT_EQ(mean.value(), 0);
  mean.observe(4);
  EXPECT_EQ(mean.value(), 4);
  mean.observe(6);
  EXPECT_EQ(mean.value(), 5);
  for (int i = 0; i < 1000; ++i) mean.observe(100);
  EXPECT_NEAR(mean.value(), 100, 0.01);
}

TEST(Engine, StopTokensStopStringsAndMinimum) {
  const auto engine = load();
  const std::vector<TokenId> free = answer(*engine, request(5, 10, 40, 0));
  ASSERT_EQ(free.size(), 40u);

  EngineRequest stopped = request(5, 10, 40, 0);
  stopped.stop_tokens = {free[7]};
  const auto first = static_cast<size_t>(std::find(free.begin(), free.end(), free[7]) - free.begin());
  Listener by_token;
  ASSERT_TRUE(engine->submit(stopped, by_token.callback()));
  EXPECT_EQ(by_token.wait(), EngineFinish::stop);
  EXPECT_EQ(by_token.tokens(), std::vector<TokenId>(free.begin(), free.begin() + static_cast<int>(first)));
  EXPECT_EQ(by_token.completion_tokens(), static_cast<int32_t>(first) + 1);

  stopped.min_tokens = 20;
  const std::vector<TokenId> longer = answer(*engine, stopped);
  EXPECT_GE(longer.size(), 20u);
  EXPECT_EQ(std::find(longer.begin(), longer.begin() + 20, free[7]), longer.begin() + 20);

  Listener whole;
  ASSERT_TRUE(engine->submit(request(5, 10, 40, 0), whole.callback()));
  EXPECT_EQ(whole.wait(), EngineFinish::length);
  EngineRequest by_string = request(5, 10, 40, 0);
  by_string.stop = {whole.text().substr(10, 3)};
  Listener cut;
  ASSERT_TRUE(engine->submit(by_string, cut.callback()));
  EXPECT_EQ(cut.wait(), EngineFinish::stop);
  EXPECT_EQ(cut.text(), whole.text().substr(0, whole.text().find(by_string.stop[0])));
}

TEST(Engine, SaysWhatEndedTheAnswer) {
  const auto engine = load();
  Listener whole;
  ASSERT_TRUE(engine->submit(request(5, 10, 40, 0), whole.callback()));
  whole.wait();
  const std::vector<TokenId> free = whole.tokens();
  EXPECT_FALSE(whole.last().end_token);
  EXPECT_EQ(whole.last().stop, "");

  EngineRequest by_token = request(5, 10, 40, 0);
  by_token.stop_tokens = {free[7]};
  by_token.sampling.logprobs = 1;
  Listener ended;
  ASSERT_TRUE(engine->submit(by_token, ended.callback()));
  ended.wait();
  ASSERT_TRUE(ended.last().end_token);
  EXPECT_EQ(ended.last().end_token->token, free[7]);
  EXPECT_LT(ended.last().end_token->logprob, 0);
  by_token.include_stop = true;
  Listener included;
  ASSERT_TRUE(engine->submit(by_token, included.callback()));
  included.wait();
  EXPECT_GT(included.text().size(), ended.text().size());
  EXPECT_EQ(included.text(), whole.text().substr(0, included.text().size()));

  EngineRequest by_string = request(5, 10, 40, 0);
  by_string.stop = {"no such thing", whole.text().substr(10, 3)};
  by_string.include_stop = true;
  Listener cut;
  ASSERT_TRUE(engine->submit(by_string, cut.callback()));
  EXPECT_EQ(cut.wait(), EngineFinish::stop);
  EXPECT_EQ(cut.last().stop, by_string.stop[1]);
  EXPECT_TRUE(cut.text().ends_with(by_string.stop[1]));
  // Nor does a stop string end what is too short.
  by_string.min_tokens = 30;
  Listener longer;
  ASSERT_TRUE(engine->submit(by_string, longer.callback()));
  longer.wait();
  EXPECT_GE(longer.completion_tokens(), 30);
}

TEST(Engine, SpecialTokensAreTextWhereTheyAreAskedFor) {
  const auto engine = load();
  EngineRequest asked = request(5, 10, 3, 0);
  asked.sampling.adjustments.allowed = {static_cast<TokenId>(kTestVocab) - 2};
  EXPECT_EQ(answer_text(*engine, asked), "");
  asked.skip_special = false;
  EXPECT_EQ(answer_text(*engine, asked), "<|start|><|start|><|start|>");
  asked.skip_special = true;
  asked.shown_special = {static_cast<TokenId>(kTestVocab) - 1};
  EXPECT_EQ(answer_text(*engine, asked), "") << "another one is shown";
  asked.shown_special.push_back(static_cast<TokenId>(kTestVocab) - 2);
  EXPECT_EQ(answer_text(*engine, asked), "<|start|><|start|><|start|>");
}

// What one call of a step computes must not show in the scores, nor whether a prompt was preempted.
TEST(Engine, PromptLogprobsAreTheSameHoweverThePromptIsCut) {
  constexpr int kRequests = 6;
  const auto asked = [](int i) {
    EngineRequest made = request(static_cast<uint64_t>(i), 30 + i * 20, 10, 0);
    made.prompt_logprobs = 2;
    return made;
  };
  std::vector<std::vector<SampledToken>> alone;
  for (const EngineSettings& settings :
       {EngineSettings{.threads = 1, .max_step_tokens = 512},
        EngineSettings{.threads = 2, .max_step_tokens = 7},
        EngineSettings{.threads = 3, .kv_cache = ByteSize{96 << 10}, .max_running = 2}}) {
    const auto engine = load(settings);
    std::vector<Listener> listeners(kRequests);
    for (int i = 0; i < kRequests; ++i) {
      ASSERT_TRUE(engine->submit(asked(i), listeners[static_cast<size_t>(i)].callback()));
    }
    for (size_t i = 0; i < kRequests; ++i) {
      listeners[i].wait();
      const std::vector<SampledToken>& scores = listeners[i].prompt_tokens();
      const std::vector<TokenId> prompt = asked(static_cast<int>(i)).prompt;
      ASSERT_EQ(scores.size(), prompt.size() - 1);
      if (alone.size() < kRequests) alone.push_back(scores);
      for (size_t t = 0; t < scores.size(); ++t) {
        EXPECT_EQ(scores[t].token, prompt[t + 1]);
        EXPECT_EQ(scores[t].logprob, alone[i][t].logprob);
        EXPECT_EQ(scores[t].rank, alone[i][t].rank);
        ASSERT_EQ(scores[t].top.size(), 2u);
        EXPECT_EQ(scores[t].top[1].token, alone[i][t].top[1].token);
      }
    }
  }
  // They are what an answer of the same tokens would have: the model's own distribution.
  const auto engine = load();
  EngineRequest answered = request(1, 30, 8, 0);
  answered.sampling.logprobs = 0;
  Listener answer;
  ASSERT_TRUE(engine->submit(answered, answer.callback()));
  answer.wait();
  EngineRequest scored = request(1, 30, 1, 0);
  for (const SampledToken& token : answer.sampled()) scored.prompt.push_back(token.token);
  scored.prompt_logprobs = 0;
  Listener scores;
  ASSERT_TRUE(engine->submit(scored, scores.callback()));
  scores.wait();
  for (size_t i = 0; i < answer.sampled().size(); ++i) {
    EXPECT_EQ(scores.prompt_tokens()[29 + i].logprob, answer.sampled()[i].logprob);
  }
}

TEST(Engine, LogprobsComeWithEveryToken) {
  const auto engine = load();
  EngineRequest asked = request(6, 10, 12, 0);
  asked.sampling.logprobs = 3;
  Listener listener;
  ASSERT_TRUE(engine->submit(asked, listener.callback()));
  listener.wait();
  ASSERT_EQ(listener.sampled().size(), 12u);
  for (const SampledToken& sampled : listener.sampled()) {
    ASSERT_EQ(sampled.top.size(), 3u);
    EXPECT_EQ(sampled.top[0].token, sampled.token);  // greedy
    EXPECT_EQ(sampled.top[0].logprob, sampled.logprob);
    EXPECT_LE(sampled.logprob, 0);
    EXPECT_GE(sampled.top[1].logprob, sampled.top[2].logprob);
  }
}

TEST(Engine, SubmissionsAndCancellationsFromManyThreads) {
  const auto engine = load({.max_running = 8});
  std::vector<std::thread> clients;
  for (uint64_t client = 0; client < 6; ++client) {
    clients.emplace_back([&engine, client] {
      for (uint64_t i = 0; i < 8; ++i) {
        Listener listener;
        const auto id = engine->submit(request(client * 100 + i, 10, 15), listener.callback());
        ASSERT_TRUE(id);
        if (i % 3 == 0) engine->cancel(*id);
        listener.wait();
      }
    });
  }
  for (std::thread& client : clients) client.join();
  while (engine->status().kv_pages_free != engine->status().kv_pages) std::this_thread::yield();
}

TEST(Engine, MeasuresWhatItDoes) {
  const auto engine = load();
  answer(*engine, request(1, 30, 5));
  EngineRequest twice = request(2, 20, 7);
  twice.n = 2;
  Listener listener;
  std::promise<EngineRequestId> promised;
  auto id = promised.get_future().share();
  ASSERT_TRUE(engine->submit(twice, [](const EngineEvent&) {}));
  answer(*engine, request(3, 10, 30));  // begins and ends after those
  const auto cancelled =
      engine->submit(request(4, 40, 0), [&, tell = listener.callback()](EngineEvent event) {
        if (!event.finish) engine->cancel(id.get());
        tell(std::move(event));
      });
  promised.set_value(cancelled.value());
  listener.wait();
  while (engine->status().running > 0) std::this_thread::yield();

  const EngineMetrics& m = engine->metrics();
  const auto count = [](const Histogram& histogram) {
    const auto counts = histogram.counts();
    return std::accumulate(counts.begin(), counts.end(), uint64_t{0});
  };
  EXPECT_EQ(m.finished[static_cast<size_t>(EngineFinish::length)].value(), 4u);
  EXPECT_EQ(m.finished[static_cast<size_t>(EngineFinish::cancelled)].value(), 1u);
  EXPECT_EQ(count(m.n), 4u);
  EXPECT_EQ(m.n.sum(), 5);
  EXPECT_EQ(count(m.total_s), 4u);
  EXPECT_EQ(m.prompt_tokens.sum(), 30 + 20 + 20 + 10);
  EXPECT_EQ(m.generation_tokens.sum(), 5 + 7 + 7 + 30);
  EXPECT_GE(count(m.to_first_token_s), 5u);
  EXPECT_GE(count(m.between_tokens_s), 4u + 6 + 6 + 29);
  EXPECT_NEAR(m.queue_s.sum() + m.prefill_s.sum() + m.decode_s.sum(), m.total_s.sum(), 1e-6);
  EXPECT_NEAR(m.prefill_s.sum() + m.decode_s.sum(), m.inference_s.sum(), 1e-6);
  EXPECT_EQ(count(m.step_tokens), engine->status().steps);
  EXPECT_EQ(count(m.preemptions), 4u);
  EXPECT_EQ(m.preemptions.sum(), 0);
}

TEST(Engine, StepsCountThePromptsTokensAndThoseThatAreMade) {
  const auto engine = load();
  answer(*engine, request(1, 30, 5));
  EXPECT_EQ(engine->metrics().step_tokens.sum(), 30 + 5);
}

// A promise that a probe keeps.
struct SignOfLife {
  std::promise<void> promise;
  std::future<void> future = promise.get_future();
  std::function<void()> done() {
    return [this] { promise.set_value(); };
  }
};

void await_probe(Engine& engine) {
  SignOfLife sign;
  engine.probe(sign.done());
  sign.future.wait();
}

TEST(Engine, AnIdleEngineComputesForAProbeAndCountsNothing) {
  const auto engine = load();
  answer(*engine, request(1, 30, 5));
  await_probe(*engine);  // an answer ends a moment before its last step is counted
  const EngineStatus before = engine->status();
  await_probe(*engine);
  const EngineStatus after = engine->status();
  EXPECT_GT(after.last_step, before.last_step);
  EXPECT_EQ(after.steps, before.steps);
  EXPECT_EQ(after.prompt_tokens, before.prompt_tokens);
  EXPECT_EQ(after.completion_tokens, before.completion_tokens);
  EXPECT_EQ(after.kv_pages_free, after.kv_pages);
}

TEST(Engine, AProbeDoesNotChangeAnswersOrWhatIsCached) {
  const auto engine = load();
  const std::vector<TokenId> alone = answer(*engine, request(7, 40, 20));
  const auto probed = load();
  SignOfLife first;
  probed->probe(first.done());
  first.future.wait();
  EXPECT_EQ(answer(*probed, request(7, 40, 20)), alone);
  SignOfLife second;
  probed->probe(second.done());
  second.future.wait();
  EXPECT_EQ(answer(*probed, request(7, 40, 20)), alone);
  EXPECT_GT(probed->status().prefix_cache_hits, 0u);
}

TEST(Engine, AStuckEngineAnswersAProbeOnlyWhenItMovesAgain) {
  const auto engine = load();
  std::promise<void> stuck;
  std::promise<void> freed;
  std::once_flag once;
  Listener listener;
  const auto id = engine->submit(request(1, 5, 3), [&, tell = listener.callback()](EngineEvent event) {
    std::call_once(once, [&] {
      stuck.set_value();
      freed.get_future().wait();
    });
    tell(std::move(event));
  });
  ASSERT_TRUE(id);
  stuck.get_future().wait();
  SignOfLife sign;
  engine->probe(sign.done());
  EXPECT_EQ(sign.future.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  freed.set_value();
  sign.future.wait();
  listener.wait();
}

TEST(Engine, StoppingAnswersProbes) {
  SignOfLife signs[20];
  {
    const auto engine = load();
    for (SignOfLife& sign : signs) engine->probe(sign.done());
  }
  for (SignOfLife& sign : signs) {
    EXPECT_EQ(sign.future.wait_for(std::chrono::seconds(0)), std::future_status::ready);
  }
}

TEST(Engine, LoadErrorsNameWhatIsWrong) {
  const auto refusal = [](const EngineSettings& settings) {
    const auto engine = Engine::load(kModel, test_tokenizer(), settings);
    EXPECT_FALSE(engine);
    return engine ? std::string() : engine.error().message;
  };
  EXPECT_NE(refusal({.kernels = "abacus"}).find("abacus"), std::string::npos);
  EXPECT_NE(refusal({.arithmetic = "f8"}).find("f8"), std::string::npos);
  EXPECT_NE(refusal({.max_model_len = 513}).find("512 positions"), std::string::npos);
  EXPECT_NE(refusal({.kv_cache = ByteSize{20 << 10}, .max_model_len = 512}).find("raise --kv-cache"),
            std::string::npos);
  EXPECT_FALSE(Engine::load("/nowhere", test_tokenizer(), {}));
}

}  // namespace
}  // namespace ferry
