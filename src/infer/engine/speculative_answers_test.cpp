// Speculation changes no bit of an answer, whatever is guessed: tokens, logprobs, text, events, and what
// ended it.

#include <future>
#include <map>
#include <thread>

#include <gmock/gmock.h>

#include "infer/engine/test_engine.h"

namespace ferry {
namespace {

using Tokens = std::vector<TokenId>;

// Knows the texts, and what of them it says.
class Prophet : public Drafter {
 public:
  using Texts = std::shared_ptr<const std::vector<Tokens>>;
  // Of each proposal's guesses the first `right` are.
  Prophet(Texts texts, int32_t right) : texts_(std::move(texts)), right_(right) {}

  void propose(std::span<DraftRequest> requests) override {
    for (DraftRequest& request : requests) propose(request);
  }
  void forget(SequenceId /*id*/) override {}

 private:
  void propose(DraftRequest& request) const {
    const std::span<const TokenId> tokens = request.tokens;
    for (const Tokens& text : *texts_) {
      if (text.size() <= tokens.size() || !std::equal(tokens.begin(), tokens.end(), text.begin())) continue;
      for (size_t i = tokens.size(); i < text.size() && std::ssize(request.guesses) < request.most; ++i) {
        const bool lies = std::ssize(request.guesses) >= right_;
        request.guesses.push_back((text[i] + (lies ? 1 : 0)) % static_cast<TokenId>(kTestVocab));
      }
      return;
    }
  }

  Texts texts_;
  int32_t right_;
};

// Everything about one answer that its listener is told, event by event.
struct Told {
  std::string words;
  Tokens tokens;
};

std::string words_of(const SampledToken& sampled) {
  std::string words = fmt::format("{}:{}:{}", sampled.token, sampled.logprob, sampled.rank);
  for (const LikelyToken& likely : sampled.top) words += fmt::format(" {}:{}", likely.token, likely.logprob);
  return words + ";";
}

std::string words_of(const EngineEvent& event) {
  std::string words = fmt::format("'{}' {} '{}' ", event.text, event.completion_tokens, event.stop);
  for (const SampledToken& sampled : event.tokens) words += words_of(sampled);
  for (const SampledToken& scored : event.prompt_tokens) words += "prompt " + words_of(scored);
  if (event.end_token) words += "end " + words_of(*event.end_token);
  if (event.finish) words += fmt::format("finish {}", static_cast<int>(*event.finish));
  return words + "\n";
}

// All answers to all requests, made at the same time.
std::vector<Told> ask(Engine& engine, const std::vector<EngineRequest>& requests) {
  std::vector<Told> told;
  std::vector<size_t> first;
  for (const EngineRequest& asked : requests) {
    first.push_back(told.size());
    told.resize(told.size() + static_cast<size_t>(asked.n), {"", asked.prompt});
  }
  std::mutex mutex;
  std::condition_variable changed;
  size_t ended = 0;
  for (size_t i = 0; i < requests.size(); ++i) {
    const auto id = engine.submit(requests[i], [&, begin = first[i]](const EngineEvent& event) {
      const std::lock_guard lock(mutex);
      Told& one = told[begin + static_cast<size_t>(event.choice)];
      one.words += words_of(event);
      for (const SampledToken& sampled : event.tokens) one.tokens.push_back(sampled.token);
      if (event.finish) ++ended;
      changed.notify_all();
    });
    if (id) continue;
    ADD_FAILURE() << id.error().message;
    const std::lock_guard lock(mutex);
    ended += static_cast<size_t>(requests[i].n);
  }
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return ended == told.size(); });
  return told;
}

// One of each kind: whatever a request can ask for that depends on its earlier tokens.
std::vector<EngineRequest> requests() {
  std::vector<EngineRequest> all;
  const auto add = [&](float temperature, int32_t max_tokens, auto&& change) {
    const auto seed = static_cast<uint64_t>(all.size());
    EngineRequest made = request(seed, 5 + static_cast<int32_t>(seed) * 13 % 70, max_tokens, temperature);
    change(made);
    all.push_back(std::move(made));
  };
  for (const float temperature : {0.0f, 0.3f, 1.0f}) {
    add(temperature, 60, [](EngineRequest&) {});
    add(temperature, 1, [](EngineRequest&) {});
    add(temperature, 2, [](EngineRequest&) {});
    add(temperature, 50, [](EngineRequest& r) { r.sampling.logprobs = 3; });
    add(temperature, 30, [](EngineRequest& r) { r.prompt_logprobs = 2; });
    add(temperature, 40, [](EngineRequest& r) { r.n = 3, r.sampling.logprobs = 0; });
    add(temperature, 50, [](EngineRequest& r) {
      r.sampling.adjustments.presence_penalty = 0.5f;
      r.sampling.adjustments.frequency_penalty = 0.2f;
      r.sampling.adjustments.repetition_penalty = 1.1f;
    });
    add(temperature, 50, [](EngineRequest& r) {
      r.sampling.adjustments.allowed = {5, 6, 7};
      r.sampling.adjustments.bad_words = {{5, 6}, {7, 7, 7}};
    });
    add(temperature, 50, [](EngineRequest& r) {
      r.stop_tokens = {5, 6, 7, 8, 9, 10, 11, 12};
      r.min_tokens = 9;
      r.include_stop = true;
      r.sampling.logprobs = 1;
    });
    add(temperature, 60, [](EngineRequest& r) { r.stop = {"a", "b", "c", "!", "0"}, r.min_tokens = 7; });
    add(temperature, 60, [](EngineRequest& r) { r.ignore_eos = false; });
  }
  return all;
}

struct Case {
  std::string name;
  EngineSettings settings;
};

const Case kCases[] = {
    {"default", {.threads = 2}},
    {"one_thread", {.threads = 1}},
    {"three_threads", {.threads = 3}},
    {"int8", {.threads = 2, .kv_type = "int8"}},
    {"not_cached", {.threads = 2, .prefix_cache = false}},
    {"small_steps", {.threads = 2, .max_step_tokens = 9, .max_running = 4}},
    {"few_places", {.threads = 2, .max_running = 3}},
    {"few_pages", {.threads = 2, .kv_cache = ByteSize{96 << 10}}},
    {"fewest_pages", {.threads = 2, .kv_cache = ByteSize{40 << 10}, .max_running = 8}},
};

class SpeculativeAnswers : public testing::TestWithParam<Case> {
 protected:
  // Without speculation, by the type of keys and values.
  static const std::vector<Told>& plain() {
    static std::map<std::string, std::vector<Told>> by_type;
    const std::string& type = GetParam().settings.kv_type;
    if (!by_type.contains(type)) by_type[type] = ask(*load({.threads = 2, .kv_type = type}), requests());
    return by_type.at(type);
  }
  static void expect_plain(const std::vector<Told>& told) {
    ASSERT_EQ(told.size(), plain().size());
    for (size_t i = 0; i < told.size(); ++i) EXPECT_EQ(told[i].words, plain()[i].words) << "answer " << i;
  }
  static MakeDrafter prophet(int32_t right) {
    auto texts = std::make_shared<std::vector<Tokens>>();
    for (const Told& told : plain()) texts->push_back(told.tokens);
    return [texts, right] { return std::make_unique<Prophet>(texts, right); };
  }
};

TEST_P(SpeculativeAnswers, AreThoseWithoutWhateverIsGuessed) {
  for (const int32_t right : {0, 1, 3, 100}) {
    EngineSettings settings = GetParam().settings;
    settings.drafter = prophet(right);
    settings.speculate_adaptive = false;
    settings.speculate_tokens = 5;
    const auto engine = load(settings);
    expect_plain(ask(*engine, requests()));
    expect_plain(ask(*engine, requests()));  // from what the prefix cache has by now
    while (engine->status().kv_pages_free != engine->status().kv_pages) std::this_thread::yield();
    const EngineStatus status = engine->status();
    EXPECT_GT(status.drafts, 20u);
    EXPECT_GE(status.draft_tokens, status.drafts);
    EXPECT_EQ(status.accepted_tokens > 0, right > 0);
    if (GetParam().settings.kv_cache.bytes > 0) {
      EXPECT_GT(status.preemptions, 0u);
    }
  }
}

TEST_P(SpeculativeAnswers, AreThoseWithoutByNgrams) {
  for (const bool adaptive : {false, true}) {
    EngineSettings settings = GetParam().settings;
    settings.speculate = "ngram";
    settings.speculate_adaptive = adaptive;
    const auto engine = load(settings);
    expect_plain(ask(*engine, requests()));
    if (adaptive) continue;
    while (engine->status().kv_pages_free != engine->status().kv_pages) std::this_thread::yield();
    EXPECT_GT(engine->status().draft_tokens, engine->status().accepted_tokens);
    if (GetParam().name == "default") {
      EXPECT_GT(engine->status().accepted_tokens, 0u);
    }
  }
}

TEST_P(SpeculativeAnswers, AreThoseWithoutByADraftModel) {
  struct Draft {
    std::string checkpoint;
    uint64_t pages;  // of the model that take as much memory as one of both
  };
  for (const auto& [checkpoint, pages] : {Draft{"llama3", 2}, Draft{"llama2", 3}, Draft{"qwen3", 3}}) {
    const ModelFolder draft(checkpoint);
    for (const bool adaptive : {false, true}) {
      EngineSettings settings = GetParam().settings;
      settings.kv_cache.bytes *= pages;
      settings.draft = draft.path();
      settings.speculate_adaptive = adaptive;
      settings.speculate_tokens = 5;
      const auto engine = load(settings);
      expect_plain(ask(*engine, requests()));
      expect_plain(ask(*engine, requests()));
      while (engine->status().kv_pages_free != engine->status().kv_pages) std::this_thread::yield();
      const EngineStatus status = engine->status();
      if (GetParam().settings.kv_cache.bytes > 0) {
        EXPECT_GT(status.preemptions, 0u);
      }
      if (adaptive) continue;
      EXPECT_GT(status.drafts, 20u);
      if (checkpoint == "llama3") {  // the model itself
        EXPECT_GT(status.accepted_tokens, status.draft_tokens / 4);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Settings, SpeculativeAnswers, testing::ValuesIn(kCases),
                         [](const auto& instance) { return instance.param.name; });

TEST(SpeculativeAnswer, RightGuessesSaveSteps) {
  const EngineRequest asked = request(1, 20, 61);
  const auto plain = load();
  const auto texts = std::make_shared<std::vector<Tokens>>();
  texts->push_back(asked.prompt);
  const Tokens text = answer(*plain, asked);
  texts->front().insert(texts->front().end(), text.begin(), text.end());
  const auto engine = load({.speculate_tokens = 5, .speculate_adaptive = false, .drafter = [texts] {
                              return std::make_unique<Prophet>(texts, 100);
                            }});
  EXPECT_EQ(answer(*engine, asked), text);
  while (engine->status().running > 0) std::this_thread::yield();
  const EngineStatus status = engine->status();
  EXPECT_EQ(status.steps, 1u + 10);  // the prompt's, then six tokens each
  EXPECT_EQ(status.drafts, 10u);
  EXPECT_EQ(status.draft_tokens, 50u);
  EXPECT_EQ(status.accepted_tokens, 50u);
  EXPECT_EQ(status.completion_tokens, 61u);
}

TEST(SpeculativeAnswer, TheModelItselfGuessesItsGreedyAnswerRight) {
  const ModelFolder draft("llama3");
  const auto plain = load();
  const auto engine = load({.draft = draft.path(), .speculate_tokens = 5, .speculate_adaptive = false});
  const EngineRequest asked = request(1, 20, 61, 0);
  EXPECT_EQ(answer(*engine, asked), answer(*plain, asked));
  while (engine->status().running > 0) std::this_thread::yield();
  const EngineStatus status = engine->status();
  EXPECT_EQ(status.steps, 1u + 10);
  EXPECT_EQ(status.draft_tokens, 50u);
  EXPECT_EQ(status.accepted_tokens, 50u);
}

// The draft model reads 64 tokens in a step; until it has read all of them there are no guesses.
TEST(SpeculativeAnswer, ALongPromptIsReadOnTheWay) {
  const ModelFolder draft("llama3");
  const auto plain = load();
  const auto engine = load({.draft = draft.path(), .speculate_tokens = 5, .speculate_adaptive = false});
  const EngineRequest asked = request(1, 300, 60, 0);
  EXPECT_EQ(answer(*engine, asked), answer(*plain, asked));
  while (engine->status().running > 0) std::this_thread::yield();
  const EngineStatus status = engine->status();
  EXPECT_EQ(status.accepted_tokens, status.draft_tokens);
  EXPECT_EQ(status.steps, 1u + 4 + 10)
      << "the prompt's, one token while 256 are read, then six, the last one";
}

// What follows the end of an answer in the same step is nowhere.
TEST(SpeculativeAnswer, NothingIsCountedBeyondItsEnd) {
  EngineRequest asked = request(5, 10, 40, 0);
  const auto texts = std::make_shared<std::vector<Tokens>>();
  {
    const auto plain = load();
    Listener listener;
    ASSERT_TRUE(plain->submit(asked, listener.callback()));
    listener.wait();
    texts->push_back(asked.prompt);
    for (const TokenId token : listener.tokens()) texts->front().push_back(token);
    asked.stop = {listener.text().substr(10, 3)};
  }
  const auto plain = load();
  Listener expected;
  ASSERT_TRUE(plain->submit(asked, expected.callback()));
  expected.wait();
  const auto engine = load({.speculate_tokens = 16, .speculate_adaptive = false, .drafter = [texts] {
                              return std::make_unique<Prophet>(texts, 100);
                            }});
  Listener listener;
  ASSERT_TRUE(engine->submit(asked, listener.callback()));
  EXPECT_EQ(listener.wait(), EngineFinish::stop);
  EXPECT_EQ(listener.text(), expected.text());
  EXPECT_EQ(listener.completion_tokens(), expected.completion_tokens());
  while (engine->status().running > 0) std::this_thread::yield();
  EXPECT_EQ(engine->status().completion_tokens, static_cast<uint64_t>(expected.completion_tokens()));
  EXPECT_LT(engine->status().accepted_tokens, engine->status().draft_tokens);
}

TEST(SpeculativeAnswer, CancellingInTheMiddleFreesThePages) {
  const ModelFolder draft("llama3");
  for (const EngineSettings& settings :
       {EngineSettings{.speculate = "ngram", .speculate_adaptive = false},
        // Room for a single answer of this length.
        EngineSettings{
            .kv_cache = ByteSize{192 << 10}, .draft = draft.path(), .speculate_adaptive = false}}) {
    const auto engine = load(settings);
    uint64_t accepted = 0;
    for (uint64_t seed = 0; seed < 8; ++seed) {
      Listener listener;
      std::promise<EngineRequestId> promised;
      auto id = promised.get_future().share();
      const auto asked =
          engine->submit(request(seed, 40, 0, 0), [&, tell = listener.callback()](EngineEvent event) {
            if (!event.finish && event.completion_tokens >= 20) engine->cancel(id.get());
            tell(std::move(event));
          });
      ASSERT_TRUE(asked);
      promised.set_value(*asked);
      EXPECT_EQ(listener.wait(), EngineFinish::cancelled);
      EXPECT_LT(listener.completion_tokens(), 40);
      while (engine->status().kv_pages_free != engine->status().kv_pages) std::this_thread::yield();
      if (!settings.draft.empty()) {
        EXPECT_GT(engine->status().accepted_tokens, accepted) << "the draft model has room again";
      }
      accepted = engine->status().accepted_tokens;
    }
    EXPECT_GT(accepted, 0u);
  }
}

TEST(DraftModel, ItsVocabularyMustBeTheModels) {
  std::string other = test_tokenizer_json();
  const std::string token = "\"A\":65";
  ASSERT_NE(other.find(token), std::string::npos);
  other.replace(other.find(token), token.size(), "\"AA\":65");
  const ModelFolder draft("llama3", other);
  const auto engine = Engine::load(kModel, test_tokenizer(), {.draft = draft.path()});
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(engine.error().message, testing::HasSubstr("token 65 is \"AA\" there and \"A\" here"));
}

TEST(DraftModel, GoesWithNoOtherWayToGuess) {
  const ModelFolder draft("llama3");
  const auto engine = Engine::load(kModel, test_tokenizer(), {.speculate = "ngram", .draft = draft.path()});
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(engine.error().message, testing::HasSubstr("--speculate ngram and --draft"));
  EXPECT_THAT(engine.error().message, testing::HasSubstr("leave one of them out"));
}

TEST(DraftModel, ThatIsNotThereIsNamed) {
  const auto engine = Engine::load(kModel, test_tokenizer(), {.draft = "/nowhere/draft"});
  ASSERT_FALSE(engine);
  EXPECT_THAT(engine.error().message, testing::HasSubstr("/nowhere/draft"));
}

// A page costs both models' keys and values, and both weights are in memory.
TEST(DraftModel, IsPartOfTheMemory) {
  const ModelFolder draft("llama3");
  const auto plain = load({.kv_cache = ByteSize{1 << 20}});
  const auto engine = load({.kv_cache = ByteSize{1 << 20}, .draft = draft.path()});
  EXPECT_EQ(engine->status().kv_pages, plain->status().kv_pages / 2);
  EXPECT_EQ(engine->weight_bytes(), 2 * plain->weight_bytes());
}

}  // namespace
}  // namespace ferry
