#include "serve/gateway/answer_cache.h"

#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/core/rng.h"
#include "serve/dialects/answer_deltas.h"
#include "serve/dialects/wire_dialect.h"

namespace ferry {
namespace {

using testing::IsEmpty;

constexpr int64_t kSecond = 1'000'000;
constexpr Duration kMinute = std::chrono::minutes(1);

std::optional<AnswerKey> key_of(std::string_view body, AnswerScope scope = {}) {
  return answer_key(scope, body);
}

TEST(AnswerKey, IsTheSameForTheSameQuestionHoweverItIsWritten) {
  const auto key = key_of(R"({"model":"m","messages":[{"role":"user","content":"é/"}],"temperature":0.5})");
  ASSERT_TRUE(key);
  EXPECT_EQ(key, key_of(" {\"temperature\" : 0.5,\n \"messages\":[ {\"content\":\"\\u00e9\\/\", "
                        "\"role\":\"user\"}], \"model\":\"m\"}\n"));
}

TEST(AnswerKey, IsAnotherWhereAnythingSaysSomethingElse) {
  const std::vector<std::string> bodies{
      R"({})",
      R"({"a":1})",
      R"({"a":1.0})",
      R"({"a":"1"})",
      R"({"a":[1]})",
      R"({"a":{"1":null}})",
      R"({"a":null})",
      R"({"a":true})",
      R"({"a":false})",
      R"({"a":""})",
      R"({"a":"","b":""})",
      R"({"a":["b","c"]})",
      R"({"a":["c","b"]})",
      R"({"a":["bc"]})",
      R"({"a":[["b"],"c"]})",
      R"({"a":[["b","c"]]})",
      R"({"a":{"b":1},"c":2})",
      R"({"a":{"b":1,"c":2}})",
      // Beyond what a double tells apart.
      R"({"a":123456789012345678901})",
      R"({"a":123456789012345678902})",
      R"({"a":{"stream":true}})",
      R"({"cache_salt":"x"})",
  };
  std::set<AnswerKey> keys;
  for (const std::string& body : bodies) {
    const auto key = key_of(body);
    ASSERT_TRUE(key) << body;
    EXPECT_TRUE(keys.insert(*key).second) << body;
  }
}

TEST(AnswerKey, IsNeverSharedAcrossAScope) {
  const std::vector<std::string> phi{"phi"};
  const std::vector<std::string> both{"phi", "eu"};
  const std::vector<std::pair<std::string, std::string>> beta{{"anthropic-beta", "x"}};
  const std::vector<AnswerScope> scopes{
      {},
      {.route = "r"},
      {.tenant = "r"},
      {.dialect = "r"},
      {.route = "r", .tenant = "t"},
      {.route = "rt"},
      {.labels = phi},
      {.labels = both},
      {.headers = beta},
  };
  std::set<AnswerKey> keys;
  for (const AnswerScope& scope : scopes) EXPECT_TRUE(keys.insert(key_of("{}", scope).value()).second);
  const std::vector<std::string> turned{"eu", "phi", "eu"};
  EXPECT_EQ(key_of("{}", {.labels = both}), key_of("{}", {.labels = turned}));
}

TEST(AnswerKey, LeavesOutWhatChangesNoAnswer) {
  const auto key = key_of(R"({"model":"m"})");
  for (const std::string_view member :
       {R"("stream":true)", R"("stream_options":{"include_usage":true})", R"("user":"u")",
        R"("metadata":{"user_id":"u"})", R"("safety_identifier":"s")", R"("prompt_cache_key":"k")",
        R"("prompt_cache_retention":"24h")", R"("service_tier":"flex")", R"("session_id":"s")",
        R"("priority":3)", R"("request_id":"r")", R"("cache_prompt":false)", R"("n_cache_reuse":1)",
        R"("id_slot":2)", R"("backend_sampling":true)", R"("stream_interval":3)"}) {
    EXPECT_EQ(key, key_of(fmt::format(R"({{{},"model":"m"}})", member))) << member;
    EXPECT_EQ(key, key_of(fmt::format(R"({{"model":"m",{}}})", member))) << member;
  }
}

TEST(AnswerKey, IsNotThereWhereTheBodyIsNoClearQuestion) {
  const std::string deep = std::string(70, '[') + std::string(70, ']');
  for (const std::string& body :
       {std::string(), std::string("{"), std::string("[]"), std::string("\"a\""), std::string("1"),
        std::string("null"), std::string("{} {}"), std::string("{\"a\":1,\"a\":1}"),
        std::string("{\"x\":{\"b\":1,\"\\u0062\":2}}"), std::string("{\"stream\":true,\"stream\":false}"),
        std::string("{\"a\":\"\xff\"}"), "{\"a\":" + deep + "}"}) {
    EXPECT_EQ(key_of(body), std::nullopt) << body;
  }
}

// The same document with its members in any order and blanks anywhere.
void write_shuffled(const json::value& value, Rng& rng, std::string& out) {
  const auto blank = [&] { out.append(rng.below(3), ' '); };
  if (const json::object* object = value.if_object()) {
    std::vector<const json::key_value_pair*> members;
    for (const auto& member : *object) members.push_back(&member);
    for (size_t i = members.size(); i > 1; --i) std::swap(members[i - 1], members[rng.below(i)]);
    out += '{';
    for (size_t i = 0; i < members.size(); ++i) {
      if (i > 0) out += ',';
      blank();
      out += to_json(json::value(members[i]->key())) + ":";
      write_shuffled(members[i]->value(), rng, out);
    }
    out += '}';
  } else if (const json::array* array = value.if_array()) {
    out += '[';
    for (size_t i = 0; i < array->size(); ++i) {
      if (i > 0) out += ',';
      write_shuffled((*array)[i], rng, out);
    }
    out += ']';
  } else {
    out += to_json(value);
  }
  blank();
}

json::value random_document(Rng& rng, int depth) {
  const size_t kind = rng.below(depth == 0 ? 4 : 6);
  if (kind == 0) return json::value(static_cast<int64_t>(rng.below(3)));
  if (kind == 1) return json::value(rng.below(2) == 0);
  if (kind <= 3) return json::value(std::string(rng.below(4), 'x'));
  if (kind == 4) {
    json::array array;
    for (size_t i = rng.below(4); i > 0; --i) array.push_back(random_document(rng, depth - 1));
    return array;
  }
  json::object object;
  for (size_t i = rng.below(5); i > 0; --i)
    object[std::string(1, static_cast<char>('a' + rng.below(6)))] = random_document(rng, depth - 1);
  return object;
}

TEST(AnswerKey, TellsRandomDocumentsApartAndTheirSpellingsNot) {
  Rng rng(5);
  std::map<AnswerKey, std::string> seen;
  for (int round = 0; round < 3000; ++round) {
    const json::value document = json::object{{"x", random_document(rng, 4)}, {"y", random_document(rng, 2)}};
    std::string first, second;
    write_shuffled(document, rng, first);
    write_shuffled(document, rng, second);
    const auto key = key_of(first);
    ASSERT_TRUE(key) << first;
    EXPECT_EQ(key, key_of(second)) << first << "\n" << second;
    const auto [known, is_new] = seen.emplace(*key, first);
    if (!is_new) {
      EXPECT_EQ(parse_json(known->second, "known").value(), document);
    }
  }
  EXPECT_GT(seen.size(), 500U);
}

TEST(CacheControl, SaysWhatMayBeReadAndWritten) {
  const auto says = [](std::string_view header) {
    const CacheWish wish = parse_cache_control(header);
    return std::pair(wish.may_read, wish.may_write);
  };
  EXPECT_EQ(says(""), std::pair(true, true));
  EXPECT_EQ(says("no-store"), std::pair(false, false));
  EXPECT_EQ(says(" No-Cache "), std::pair(false, true));
  EXPECT_EQ(says("max-age=0"), std::pair(false, true));
  EXPECT_EQ(says("max-age=x"), std::pair(false, true));
  EXPECT_EQ(says("max-age=-1"), std::pair(false, true));
  EXPECT_EQ(says("max-age=60,\tno-transform"), std::pair(true, true));
  EXPECT_EQ(says("no-cache, no-store"), std::pair(false, false));
  EXPECT_EQ(says("no-storefront, x=no-cache"), std::pair(true, true));
  EXPECT_EQ(parse_cache_control("max-age=60").max_age_us, 60 * kSecond);
  EXPECT_EQ(parse_cache_control("max-age=60, max-age=\"5\"").max_age_us, 5 * kSecond);
  EXPECT_GT(parse_cache_control("max-age=99999999999999999999").max_age_us, int64_t{1} << 60);
}

AnswerKey key_number(int number) {
  return key_of(fmt::format(R"({{"number":{}}})", number)).value();
}

std::shared_ptr<const CachedAnswer> answer_of(std::string text, int64_t made_us = 0) {
  auto answer = std::make_shared<CachedAnswer>();
  answer->result.choices.resize(1);
  answer->result.choices[0].text = std::move(text);
  answer->target = "mock/m";
  answer->made_us = made_us;
  return answer;
}

TEST(AnswerCache, GivesAnAnswerUntilItsTimeIsOver) {
  AnswerCache cache({1 << 20});
  cache.put(key_number(1), answer_of("one", 10 * kSecond), kMinute, 10 * kSecond, cache.epoch());
  EXPECT_EQ(cache.find(key_number(2), 10 * kSecond), nullptr);
  const auto found = cache.find(key_number(1), 70 * kSecond - 1);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->result.choices[0].text, "one");
  EXPECT_EQ(cache.find(key_number(1), 16 * kSecond, 5 * kSecond), nullptr) << "older than wanted";
  EXPECT_EQ(cache.stats().entries, 1U);
  EXPECT_EQ(cache.find(key_number(1), 70 * kSecond), nullptr);
  const AnswerCache::Stats stats = cache.stats();
  EXPECT_EQ(stats.entries, 0U);
  EXPECT_EQ(stats.bytes, 0U);
  EXPECT_EQ(stats.hits, 1U);
  EXPECT_EQ(stats.misses, 3U);
}

TEST(AnswerCache, ForgetsWhatWasUsedLongestAgo) {
  const size_t one = memory_of(*answer_of(std::string(1000, 'x')));
  AnswerCache cache({3 * one + one / 2});
  const auto put = [&](int number) {
    cache.put(key_number(number), answer_of(std::string(1000, 'x')), kMinute, 0, cache.epoch());
  };
  put(1);
  put(2);
  put(3);
  EXPECT_NE(cache.find(key_number(1), 0), nullptr);
  put(4);
  EXPECT_EQ(cache.find(key_number(2), 0), nullptr);
  for (const int number : {1, 3, 4}) EXPECT_NE(cache.find(key_number(number), 0), nullptr) << number;
  EXPECT_EQ(cache.stats().bytes, 3 * one);
  EXPECT_EQ(cache.stats().evicted, 1U);
  put(4);
  EXPECT_EQ(cache.stats().bytes, 3 * one) << "it replaces";
}

TEST(AnswerCache, NeverHoldsMoreThanItsCapacity) {
  Rng rng(3);
  AnswerCache cache({20'000});
  for (int round = 0; round < 2000; ++round) {
    const std::string text(rng.below(30'000), 'x');
    cache.put(key_number(static_cast<int>(rng.below(40))), answer_of(text), kMinute, 0, cache.epoch());
    ASSERT_LE(cache.stats().bytes, 20'000U);
  }
  EXPECT_GT(cache.stats().entries, 0U);
}

TEST(AnswerCache, KeepsNothingThatIsTooLargeOrHasNoTime) {
  AnswerCache cache({1000});
  cache.put(key_number(1), answer_of(std::string(2000, 'x')), kMinute, 0, cache.epoch());
  cache.put(key_number(2), answer_of("x"), Duration::zero(), 0, cache.epoch());
  EXPECT_EQ(cache.stats().entries, 0U);
  AnswerCache none({0});
  none.put(key_number(1), answer_of("x"), kMinute, 0, none.epoch());
  EXPECT_EQ(none.find(key_number(1), 0), nullptr);
}

TEST(AnswerCache, WhatWasMadeUnderAnOldConfigurationIsNotKept) {
  AnswerCache cache({1 << 20});
  const uint64_t before = cache.epoch();
  cache.put(key_number(1), answer_of("old"), kMinute, 0, before);
  cache.clear();
  EXPECT_EQ(cache.find(key_number(1), 0), nullptr);
  cache.put(key_number(1), answer_of("old"), kMinute, 0, before);
  EXPECT_EQ(cache.find(key_number(1), 0), nullptr);
  cache.put(key_number(1), answer_of("new"), kMinute, 0, cache.epoch());
  EXPECT_NE(cache.find(key_number(1), 0), nullptr);
}

TEST(AnswerCache, ServesManyThreads) {
  AnswerCache cache({50'000});
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&cache, thread] {
      Rng rng(static_cast<uint64_t>(thread) + 1);
      for (int round = 0; round < 2000; ++round) {
        const int number = static_cast<int>(rng.below(50));
        if (const auto found = cache.find(key_number(number), round)) {
          EXPECT_EQ(found->result.choices[0].text, fmt::format("answer {}", number));
        } else {
          cache.put(key_number(number), answer_of(fmt::format("answer {}", number)), Duration{1}, round,
                    cache.epoch());
        }
        if (rng.below(200) == 0) cache.clear();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(cache.stats().bytes, 50'000U);
  EXPECT_GT(cache.stats().hits, 0U);
}

TEST(Cacheable, OnlyWholeAnswersThatAnotherTryWouldGiveAgain) {
  GenerationRequest request;
  request.messages.resize(1);
  GenerationResult result;
  EXPECT_FALSE(cacheable(request, result)) << "no choice";
  result.choices.resize(1);
  EXPECT_FALSE(cacheable(request, result)) << "says nothing";
  result.choices[0].text = "Yes.";
  for (const auto& [finish, may] :
       {std::pair(FinishReason::stop, true), std::pair(FinishReason::tool_calls, true),
        std::pair(FinishReason::length, true), std::pair(FinishReason::content_filter, false),
        std::pair(FinishReason::pause, false)}) {
    result.choices[0].finish = finish;
    EXPECT_EQ(cacheable(request, result), may) << static_cast<int>(finish);
  }
  result.choices[0].finish = FinishReason::stop;
  request.n = 2;
  EXPECT_FALSE(cacheable(request, result)) << "a choice is missing";
  result.choices.push_back(result.choices[0]);
  EXPECT_TRUE(cacheable(request, result));
  result.choices[1].refusal = "No.";
  EXPECT_FALSE(cacheable(request, result));
  result.choices[1].refusal.clear();
  request.tools.tools.push_back({.name = "search"});
  EXPECT_TRUE(cacheable(request, result));
  request.tools.tools[0].type = "web_search_20250305";
  EXPECT_FALSE(cacheable(request, result));
  request.tools.tools.clear();
  request.foreign["mcp_servers"] = json::array();
  EXPECT_FALSE(cacheable(request, result));
}

std::string random_text(Rng& rng) {
  std::string text;
  for (size_t i = rng.below(6); i > 0; --i) text += static_cast<char>('a' + rng.below(26));
  return text;
}

std::vector<TokenLogprob> random_logprobs(Rng& rng) {
  std::vector<TokenLogprob> all;
  for (size_t i = rng.below(4); i > 0; --i) {
    TokenLogprob one{.chosen = {.id = 3, .text = random_text(rng), .logprob = -1.5F, .rank = 2}};
    if (rng.below(2) == 0) one.top.push_back(one.chosen);
    all.push_back(one);
  }
  return all;
}

GenerationChoice random_choice(Rng& rng) {
  GenerationChoice choice{.cause = {}, .prompt = {}};
  for (size_t i = rng.below(3); i > 0; --i) {
    ThoughtSeal seal{.text = random_text(rng), .signature = "sig"};
    if (rng.below(4) == 0) seal = {.redacted = "secret"};
    if (rng.below(4) > 0) choice.thought += seal.text;
    choice.seals.push_back(seal);
  }
  choice.thought += random_text(rng);
  choice.text = random_text(rng);
  if (rng.below(3) == 0) choice.refusal = random_text(rng);
  for (size_t i = rng.below(3); i > 0; --i) choice.calls.push_back({random_text(rng), "f", random_text(rng)});
  if (rng.below(3) == 0) choice.others.push_back(json::object{{"type", random_text(rng)}});
  choice.logprobs = random_logprobs(rng);
  for (size_t i = rng.below(3); i > 0; --i) choice.token_ids.push_back(static_cast<TokenId>(i));
  choice.finish = static_cast<FinishReason>(rng.below(5));
  if (rng.below(2) == 0) choice.cause = random_text(rng);
  if (rng.below(3) == 0) choice.prompt = PromptReport{.token_ids = {1}, .text = "prompt"};
  return choice;
}

std::string described(const std::vector<TokenLogprob>& logprobs) {
  std::string out;
  for (const TokenLogprob& one : logprobs) {
    out += fmt::format("{}:{}:{}", one.chosen.id, one.chosen.text, one.chosen.logprob);
    for (const TokenAlternative& top : one.top) out += fmt::format("({}:{})", top.text, top.rank);
  }
  return out;
}

// Everything of it that a stream can say.
std::string described(const GenerationChoice& choice) {
  std::string out = fmt::format("[{}|{}|{}|{}]", choice.thought, choice.text, choice.refusal,
                                static_cast<int>(choice.finish));
  for (const ThoughtSeal& seal : choice.seals)
    out += fmt::format("seal({}|{}|{})", seal.text, seal.signature, seal.redacted);
  for (const ToolCall& call : choice.calls)
    out += fmt::format("call({}|{}|{})", call.id, call.name, call.arguments);
  for (const json::value& other : choice.others) out += to_json(other);
  out += described(choice.logprobs) + fmt::format("{}", fmt::join(choice.token_ids, ","));
  if (const auto* text = std::get_if<std::string>(&choice.cause)) out += "cause(" + *text + ")";
  if (choice.prompt) out += fmt::format("prompt({})", choice.prompt->text);
  return out;
}

std::string described(const GenerationResult& result) {
  std::string out;
  for (const GenerationChoice& choice : result.choices) out += described(choice) + "\n";
  return out;
}

TEST(Deltas, AppendedTheyGiveTheAnswerBack) {
  Rng rng(11);
  for (int round = 0; round < 2000; ++round) {
    GenerationResult result;
    for (size_t i = 1 + rng.below(3); i > 0; --i) result.choices.push_back(random_choice(rng));
    GenerationResult again;
    for (const GenerationDelta& delta : deltas_of(result)) append(again, delta);
    ASSERT_EQ(described(again), described(result));
  }
  EXPECT_THAT(deltas_of({}), IsEmpty());
}

// An answer that every dialect can tell whole.
GenerationResult plain_answer() {
  GenerationResult result;
  GenerationChoice& choice = result.choices.emplace_back();
  choice.thought = "Let me look. Found.";
  choice.seals.push_back({.text = "Let me look.", .signature = "s1"});
  choice.seals.push_back({.text = " Found.", .signature = "s2"});
  choice.text = "The weather is";
  choice.calls.push_back({.id = "c1", .name = "weather", .arguments = R"({"city":"Oslo"})"});
  choice.calls.push_back({.id = "c2", .name = "weather", .arguments = R"({"city":"Rome"})"});
  choice.finish = FinishReason::tool_calls;
  result.usage = {.prompt_tokens = 5, .completion_tokens = 7};
  return result;
}

GenerationResult through_a_stream(const WireDialect& dialect, const GenerationResult& result) {
  GenerationRequest request;
  request.stream = true;
  const auto writer =
      dialect.write_events({.id = "id", .created = 1, .model = "m", .fingerprint = {}}, request);
  const auto reader = dialect.read_events();
  GenerationResult read;
  const auto emit = [&](std::string_view data, std::string_view name) {
    EventReading reading = reader->read(name, data);
    EXPECT_FALSE(reading.error) << data;
    for (GenerationDelta& delta : reading.deltas) append(read, std::move(delta));
  };
  writer->begin(emit);
  for (const GenerationDelta& delta : deltas_of(result)) writer->delta(delta, emit);
  writer->end(result.usage, emit);
  return read;
}

TEST(Deltas, AHitIsToldToAStreamingClient) {
  const GenerationResult result = plain_answer();
  EXPECT_EQ(described(through_a_stream(kAnthropicMessages, result)), described(result));
  // OpenAI's clients get no seals.
  GenerationResult unsealed = result;
  unsealed.choices[0].seals.clear();
  EXPECT_EQ(described(through_a_stream(kOpenAiChat, unsealed)), described(unsealed));
}

TEST(Memory, CountsWhatAnAnswerHolds) {
  const size_t empty = memory_of(*answer_of(""));
  const auto grown = [&](auto grow) {
    auto answer = std::make_shared<CachedAnswer>(*answer_of(""));
    grow(answer->result.choices[0]);
    return memory_of(*answer) - empty;
  };
  const std::string large(10'000, 'x');
  EXPECT_GE(grown([&](GenerationChoice& c) { c.text = large; }), large.size());
  EXPECT_GE(grown([&](GenerationChoice& c) { c.thought = large; }), large.size());
  EXPECT_GE(grown([&](GenerationChoice& c) { c.refusal = large; }), large.size());
  EXPECT_GE(grown([&](GenerationChoice& c) { c.cause = large; }), large.size());
  EXPECT_GE(grown([&](GenerationChoice& c) { c.seals.push_back({.signature = large}); }), large.size());
  EXPECT_GE(grown([&](GenerationChoice& c) { c.calls.push_back({"", "", large}); }), large.size());
  EXPECT_GE(grown([&](GenerationChoice& c) { c.prompt = PromptReport{.text = large}; }), large.size());
  EXPECT_GE(grown([&](GenerationChoice& c) {
              c.others.push_back(json::object{{"x", json::array{large}}});
            }),
            large.size());
  EXPECT_GE(grown([&](GenerationChoice& c) { c.others.push_back(json::object{{large, 1}}); }), large.size());
  EXPECT_GE(grown([&](GenerationChoice& c) {
              c.logprobs.push_back({.chosen = {.text = large}, .top = {{.text = large}}});
            }),
            2 * large.size());
  EXPECT_GE(grown([&](GenerationChoice& c) { c.logprobs.resize(1000); }), 1000 * sizeof(TokenLogprob));
}

}  // namespace
}  // namespace ferry
