// Answers that share pages (a cached prefix, a prompt with several answers) are bit for bit those that do
// not.

#include <array>
#include <thread>

#include <gmock/gmock.h>

#include "infer/engine/test_engine.h"

namespace ferry {
namespace {

// Tokens with their logprobs and those of the likeliest others: equal only if the logits are, to the last
// bit.
using Bits = std::vector<std::pair<TokenId, float>>;

Bits bits(const Listener& listener) {
  Bits result;
  for (const SampledToken& sampled : listener.sampled()) {
    result.emplace_back(sampled.token, sampled.logprob);
    for (const LikelyToken& likely : sampled.top) result.emplace_back(likely.token, likely.logprob);
  }
  return result;
}

EngineRequest with_logprobs(EngineRequest asked) {
  asked.sampling.logprobs = 4;
  return asked;
}

struct Told {
  Bits bits;
  int32_t cached_tokens = 0;
};

Told ask(Engine& engine, EngineRequest asked) {
  Listener listener;
  const auto id = engine.submit(with_logprobs(std::move(asked)), listener.callback());
  EXPECT_TRUE(id);
  listener.wait();
  return {bits(listener), listener.cached_tokens()};
}

// One listener for each answer of a request.
std::function<void(EngineEvent)> by_choice(std::span<Listener> listeners) {
  return [listeners](EngineEvent event) {
    const auto choice = static_cast<size_t>(event.choice);
    ASSERT_LT(choice, listeners.size());
    listeners[choice].callback()(std::move(event));
  };
}

TEST(Sharing, ACachedPrefixChangesNoBit) {
  const auto cold = load({.prefix_cache = false});
  const auto warm = load();
  const int32_t page = 32;
  for (const int32_t length : {page - 1, 3 * page, 3 * page + 1, 5 * page + 7}) {
    const EngineRequest asked = request(static_cast<uint64_t>(length), length, 40);
    const Told alone = ask(*cold, asked);
    EXPECT_EQ(alone.cached_tokens, 0);
    EXPECT_EQ(ask(*warm, asked).bits, alone.bits);
    const Told again = ask(*warm, asked);
    EXPECT_EQ(again.bits, alone.bits) << length;
    EXPECT_EQ(again.cached_tokens, std::min(length / page * page, length - 1));
    EXPECT_EQ(ask(*cold, asked).cached_tokens, 0);
  }
  EXPECT_EQ(warm->status().prefix_cache_queries, 2u * (31 + 96 + 97 + 167));
  EXPECT_EQ(warm->status().prefix_cache_hits, 95u + 96 + 160);
}

// The next turn of a chat finds what the answer before it computed.
TEST(Sharing, AnAnswerIsAPrefixToo) {
  const auto cold = load({.prefix_cache = false});
  const auto warm = load();
  EngineRequest turn = request(9, 50, 60);
  Listener first;
  ASSERT_TRUE(warm->submit(turn, first.callback()));
  first.wait();
  for (const TokenId token : first.tokens()) turn.prompt.push_back(token);
  turn.prompt.push_back(3);
  const Told second = ask(*warm, turn);
  EXPECT_EQ(second.cached_tokens, 96);  // of 109 computed tokens, in whole pages
  EXPECT_EQ(second.bits, ask(*cold, turn).bits);
}

struct ForkCase {
  const char* name;
  EngineSettings settings;
};

class Forked : public testing::TestWithParam<ForkCase> {};

TEST_P(Forked, AnswersOfOnePromptAreThoseOfItsSeedsAlone) {
  constexpr size_t kAnswers = 6;
  const auto alone = load({.threads = 1, .prefix_cache = false});
  const auto engine = load(GetParam().settings);
  for (const int32_t length : {1, 40, 64}) {
    EngineRequest asked = request(static_cast<uint64_t>(length), length, 50);
    asked.n = kAnswers;
    asked.sampling.adjustments.repetition_penalty =
        1.5f;  // the first token's logits, too, are each answer's own
    std::array<Listener, kAnswers> listeners;
    ASSERT_TRUE(engine->submit(with_logprobs(asked), by_choice(listeners)));
    asked.n = 1;
    for (Listener& listener : listeners) {
      EXPECT_EQ(listener.wait(), EngineFinish::length);
      EXPECT_EQ(bits(listener), ask(*alone, asked).bits) << length;
      ++asked.sampling.seed;
    }
    EXPECT_NE(bits(listeners[0]), bits(listeners[1])) << "each draws for itself";
  }
  while (engine->status().kv_pages_free != engine->status().kv_pages) std::this_thread::yield();
  if (GetParam().settings.kv_cache.bytes > 0) {
    EXPECT_GT(engine->status().preemptions, 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(Sharing, Forked,
                         testing::Values(ForkCase{"cached", {.threads = 2}},
                                         ForkCase{"not_cached", {.threads = 2, .prefix_cache = false}},
                                         ForkCase{"small_steps", {.threads = 1, .max_step_tokens = 7}},
                                         ForkCase{"few_places", {.threads = 1, .max_running = 4}},
                                         ForkCase{"few_pages",
                                                  {.threads = 1, .kv_cache = ByteSize{64 << 10}}}),
                         [](const auto& instance) { return instance.param.name; });

TEST(Sharing, APromptIsComputedOnceForAllItsAnswers) {
  const auto engine = load();
  EngineRequest asked = request(1, 45, 10);
  asked.n = 8;
  std::array<Listener, 8> listeners;
  ASSERT_TRUE(engine->submit(asked, by_choice(listeners)));
  for (Listener& listener : listeners) listener.wait();
  EXPECT_EQ(engine->status().prompt_tokens, 45u);
}

TEST(Sharing, CancellingEndsEveryAnswer) {
  const auto engine = load({.max_running = 3});
  EngineRequest asked = request(1, 40, 0);
  asked.n = 5;
  std::array<Listener, 5> listeners;
  Listener other;
  const auto id = engine->submit(asked, by_choice(listeners));
  ASSERT_TRUE(id);
  ASSERT_TRUE(engine->submit(request(2, 10, 5), other.callback()));
  engine->cancel(*id + 1);  // an answer is no request
  engine->cancel(*id);
  for (Listener& listener : listeners) EXPECT_EQ(listener.wait(), EngineFinish::cancelled);
  EXPECT_EQ(other.wait(), EngineFinish::length);
}

TEST(Sharing, RefusesANumberOfAnswersThatItCouldNeverHold) {
  const auto engine = load({.max_running = 2, .max_waiting = 3});
  for (const int32_t n : {0, -1, 6}) {
    EngineRequest asked = request(1, 10, 5);
    asked.n = n;
    const auto refused = engine->submit(asked, [](const EngineEvent&) {});
    ASSERT_FALSE(refused) << n;
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(refused.error().message.find("1 to 5"), std::string::npos) << refused.error().message;
  }
  EngineRequest asked = request(1, 10, 5);
  asked.n = 5;
  std::array<Listener, 5> listeners;
  EXPECT_TRUE(engine->submit(asked, by_choice(listeners)));
  for (Listener& listener : listeners) listener.wait();
}

TEST(Sharing, TenantsAndSaltsShareNoPrefix) {
  const auto engine = load();
  const auto cached = [&](const char* tenant, const char* salt) {
    EngineRequest asked = request(1, 100, 5);
    asked.tenant = tenant;
    asked.cache_salt = salt;
    return ask(*engine, asked).cached_tokens;
  };
  EXPECT_EQ(cached("", ""), 0);
  EXPECT_EQ(cached("", ""), 96);
  EXPECT_EQ(cached("a", ""), 0);
  EXPECT_EQ(cached("a", ""), 96);
  EXPECT_EQ(cached("a", "bc"), 0);
  EXPECT_EQ(cached("ab", "c"), 0);
  EXPECT_EQ(cached("", "1:abc"), 0);
  EXPECT_EQ(cached("a", "bc"), 96);
}

TEST(Sharing, ThePoolKeepsPrefixesAsLongAsItHasRoom) {
  const auto engine = load({.kv_cache = ByteSize{256 << 10}});
  const int32_t pages = engine->status().kv_pages;
  for (uint64_t i = 0; i < 40; ++i) ask(*engine, request(i, 100, 5));
  while (engine->status().kv_pages_free != pages) std::this_thread::yield();
  EXPECT_GT(engine->status().kv_pages_cached, pages / 2);
  EXPECT_EQ(ask(*engine, request(39, 100, 5)).cached_tokens, 96);
  EXPECT_EQ(ask(*engine, request(0, 100, 5)).cached_tokens, 0);
}

}  // namespace
}  // namespace ferry
