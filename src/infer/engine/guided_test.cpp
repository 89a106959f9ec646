// Answers that a grammar, or the budget of a thought, guides.

#include <algorithm>
#include <regex>
#include <set>

#include "infer/engine/test_engine.h"
#include "infer/grammar/grammar_cache.h"

namespace ferry {
namespace {

class Guided : public testing::Test {
 protected:
  std::shared_ptr<const Grammar> compile(const GrammarSource& source) {
    if (!cache_) {
      cache_ = std::make_unique<GrammarCache>(test_tokenizer(), engine_->end_tokens(), engine_->spec().vocab);
    }
    auto grammar = cache_->get(source);
    EXPECT_TRUE(grammar) << grammar.error().message;
    return *grammar;
  }
  EngineRequest guided(uint64_t seed, std::shared_ptr<const Grammar> grammar, int32_t max_tokens = 150) {
    EngineRequest asked = request(seed, 9, max_tokens);
    asked.ignore_eos = false;
    asked.grammar = std::move(grammar);
    return asked;
  }
  // The answer of a request alone.
  void answer(EngineRequest asked, Listener& listener) {
    ASSERT_TRUE(engine_->submit(std::move(asked), listener.callback()));
    listener.wait();
  }

  std::unique_ptr<Engine> engine_ = load();
  std::unique_ptr<GrammarCache> cache_;
};

JsonSchemaSource point() {
  constexpr std::string_view kSchema = R"({"type": "object", "required": ["x", "kind"],
    "properties": {"x": {"type": "integer", "minimum": 0, "maximum": 999}, "kind": {"enum": ["a", "bc"]}}})";
  return {.schema = parse_json(kSchema, "schema").value(), .closed_objects = true, .compact = true};
}
const std::regex kPointText(
    R"re(\{("x":(0|[1-9][0-9]{0,2}),"kind":"(a|bc)"|"kind":"(a|bc)","x":(0|[1-9][0-9]{0,2}))\})re");

TEST_F(Guided, RandomAnswersKeepToTheirGrammar) {
  std::set<std::string> different;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    Listener listener;
    answer(guided(seed, compile(point())), listener);
    EXPECT_EQ(listener.last().finish, EngineFinish::stop) << listener.text();
    EXPECT_TRUE(std::regex_match(listener.text(), kPointText)) << listener.text();
    different.insert(listener.text());
  }
  EXPECT_GT(different.size(), 10u);
}

// With other answers, some of them guided by other grammars: the same as alone.
TEST_F(Guided, CompanyChangesNothing) {
  const auto one = compile(point());
  const auto other = compile(ChoiceSource{{"yes", "no", "perhaps"}});
  std::vector<std::unique_ptr<Listener>> together;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    EngineRequest asked = seed % 3 == 0 ? request(seed, 9, 30) : guided(seed, seed % 3 == 1 ? one : other);
    asked.sampling.logprobs = 2;
    together.push_back(std::make_unique<Listener>());
    ASSERT_TRUE(engine_->submit(asked, together.back()->callback()));
  }
  for (const auto& listener : together) listener->wait();
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    EngineRequest asked = seed % 3 == 0 ? request(seed, 9, 30) : guided(seed, seed % 3 == 1 ? one : other);
    asked.sampling.logprobs = 2;
    Listener alone;
    answer(asked, alone);
    const Listener& among = *together[seed - 1];
    EXPECT_EQ(alone.tokens(), among.tokens()) << seed;
    EXPECT_EQ(alone.text(), among.text()) << seed;
  }
}

TEST_F(Guided, GuessesChangeNothing) {
  const auto grammar = compile(RegexSource{"(ab|ba|[0-9]{3}){6,20}"});
  EngineSettings settings;
  settings.speculate = "ngram";
  settings.speculate_adaptive = false;
  const auto guessing = load(settings);
  uint64_t accepted = 0;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    Listener plain;
    Listener guessed;
    answer(guided(seed, grammar), plain);
    ASSERT_TRUE(guessing->submit(guided(seed, grammar), guessed.callback()));
    guessed.wait();
    EXPECT_EQ(plain.tokens(), guessed.tokens()) << seed;
    EXPECT_TRUE(std::regex_match(plain.text(), std::regex("(ab|ba|[0-9]{3}){6,20}"))) << plain.text();
    accepted = guessing->status().draft_tokens;
  }
  EXPECT_GT(accepted, 0u);
}

// What the grammar forces comes in one step, and is what would have come token by token.
TEST_F(Guided, ForcedTextIsGuessed) {
  EngineSettings settings;
  settings.speculate = "grammar";
  settings.speculate_adaptive = false;
  const auto guessing = load(settings);
  std::vector<EngineRequest> requests;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    requests.push_back(seed % 4 == 0 ? request(seed, 9, 30) : guided(seed, compile(point())));
    requests.back().sampling.logprobs = 2;
  }
  std::vector<std::unique_ptr<Listener>> together;
  for (const EngineRequest& asked : requests) {
    together.push_back(std::make_unique<Listener>());
    ASSERT_TRUE(guessing->submit(asked, together.back()->callback()));
  }
  for (size_t i = 0; i < requests.size(); ++i) {
    Listener plain;
    answer(requests[i], plain);
    together[i]->wait();
    EXPECT_EQ(plain.tokens(), together[i]->tokens()) << i;
    EXPECT_EQ(plain.text(), together[i]->text()) << i;
  }
  const EngineStatus status = guessing->status();
  EXPECT_GT(status.draft_tokens, 100u);
  EXPECT_EQ(status.accepted_tokens, status.draft_tokens)
      << "each byte is a token, so no other cut is possible";
}

// Free text in which one letter brings a grammar with it, drawn with guesses and without.
TEST_F(Guided, TriggersInFreeTextBeginAGrammar) {
  const auto part = [](GrammarTree::Kind kind, std::string text) {
    return GrammarTree{.kind = kind, .text = std::move(text)};
  };
  GrammarTree call{.kind = GrammarTree::Kind::sequence};
  call.parts = {part(GrammarTree::Kind::literal, "e("), part(GrammarTree::Kind::free, ")"),
                part(GrammarTree::Kind::literal, ")")};
  const auto grammar = compile(TreeSource{.tree = call, .triggers = {"e"}, .goes_on = true});
  EngineSettings settings;
  settings.speculate = "ngram";
  settings.speculate_adaptive = false;
  const auto guessing = load(settings);
  int calls = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Listener plain;
    Listener guessed;
    answer(guided(seed, grammar), plain);
    ASSERT_TRUE(guessing->submit(guided(seed, grammar), guessed.callback()));
    guessed.wait();
    EXPECT_EQ(plain.tokens(), guessed.tokens()) << seed;
    EXPECT_TRUE(std::regex_match(plain.text(), std::regex("([^e]|e\\([^)]*\\))*(e|e\\([^)]*)?")))
        << plain.text();
    calls += plain.text().find("e(") != std::string::npos ? 1 : 0;
  }
  EXPECT_GT(calls, 5);
}

TEST_F(Guided, SeveralAnswersEachHaveTheirOwnPlaceInIt) {
  EngineRequest asked = guided(5, compile(point()));
  asked.n = 4;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> texts(4);
  size_t ended = 0;
  ASSERT_TRUE(engine_->submit(asked, [&](const EngineEvent& event) {
    const std::lock_guard lock(mutex);
    texts[static_cast<size_t>(event.choice)] += event.text;
    if (event.finish) ++ended;
    changed.notify_all();
  }));
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return ended == 4; });
  for (const std::string& text : texts) EXPECT_TRUE(std::regex_match(text, kPointText)) << text;
}

// min_tokens, bias and a stop string do not lead out of the grammar.
TEST_F(Guided, OtherWishesYieldToIt) {
  EngineRequest asked = guided(3, compile(ChoiceSource{{"yes"}}));
  asked.min_tokens = 20;
  asked.sampling.adjustments.logit_bias = {{'z', 100.0f}, {'y', -std::numeric_limits<float>::infinity()}};
  Listener listener;
  answer(asked, listener);
  EXPECT_EQ(listener.text(), "yes");
  EXPECT_EQ(listener.last().finish, EngineFinish::stop);

  EngineRequest stopped = guided(3, compile(ChoiceSource{{"yes"}}));
  stopped.stop = {"e"};
  Listener early;
  answer(stopped, early);
  EXPECT_EQ(early.text(), "y");
}

TEST_F(Guided, EndsWhereTheGrammarDoesEvenIfEndTokensAreIgnored) {
  EngineRequest asked = guided(3, compile(ChoiceSource{{"no"}}));
  asked.ignore_eos = true;
  Listener listener;
  answer(asked, listener);
  EXPECT_EQ(listener.text(), "no");
  EXPECT_EQ(listener.last().finish, EngineFinish::stop);
}

// The vocabulary of the tests cannot spell bytes from 158 on.
TEST_F(Guided, FailsWhereNoTokenCanFollow) {
  Listener listener;
  answer(guided(3, compile(ChoiceSource{{"a\u00e9"}})), listener);
  EXPECT_EQ(listener.last().finish, EngineFinish::failed);
  EXPECT_FALSE(listener.last().error.empty());
}

ThoughtRequest thought(bool open, int32_t budget) {
  return {.open = open,
          .opening = "<|start|>",
          .closing = "</t>",
          .opening_token = 158,
          .budget = budget,
          .ending = {'<', '/', 't', '>', '\n'}};
}

TEST_F(Guided, AThoughtEndsWithItsBudgetAndTheGrammarFollows) {
  for (const int32_t budget : {0, 1, 7}) {
    EngineRequest asked = guided(4, compile(point()));
    asked.thought = thought(true, budget);
    Listener listener;
    answer(asked, listener);
    const auto tokens = listener.tokens();
    ASSERT_GT(tokens.size(), static_cast<size_t>(budget) + 5);
    const auto begin = tokens.begin() + budget;
    EXPECT_EQ(std::vector<TokenId>(begin, begin + 5), thought(true, 0).ending);
    const std::string text = listener.text();
    const std::string rest = text.substr(text.find("</t>\n") + 5);
    EXPECT_TRUE(std::regex_match(rest, kPointText)) << text;
  }
}

// Sooner or later one of random tokens spells the closing, if they are few.
TEST_F(Guided, AThoughtThatClosesItselfIsFollowedByTheGrammar) {
  EngineRequest asked = guided(4, compile(ChoiceSource{{"yes"}}), 180);
  asked.thought = thought(true, -1);
  asked.thought->closing = ">";
  asked.sampling.adjustments.logit_bias = {{'>', 3.0f}};
  Listener listener;
  answer(asked, listener);
  ASSERT_EQ(listener.last().finish, EngineFinish::stop) << listener.text();
  EXPECT_TRUE(listener.text().ends_with(">yes")) << listener.text();
  EXPECT_EQ(std::ranges::count(listener.text(), '>'), 1);
}

TEST_F(Guided, AnAnswerMayBeginWithAThoughtOrNot) {
  EngineRequest asked = guided(4, compile(ChoiceSource{{"yes"}}));
  asked.thought = thought(false, 3);
  asked.sampling.adjustments.logit_bias = {{158, 100.0f}};
  asked.skip_special = false;
  Listener thinking;
  answer(asked, thinking);
  EXPECT_EQ(thinking.tokens().front(), 158);
  EXPECT_TRUE(thinking.text().ends_with("</t>\nyes")) << thinking.text();

  asked.sampling.adjustments.logit_bias = {{158, -100.0f}};
  Listener direct;
  answer(asked, direct);
  EXPECT_EQ(direct.text(), "yes");
}

TEST_F(Guided, WithoutAGrammarABudgetStillHolds) {
  EngineRequest asked = request(4, 9, 40);
  asked.thought = thought(true, 2);
  Listener listener;
  answer(asked, listener);
  const auto tokens = listener.tokens();
  EXPECT_EQ(std::vector<TokenId>(tokens.begin() + 2, tokens.begin() + 7), thought(true, 0).ending);
  EXPECT_EQ(tokens.size(), 40u);
}

TEST(GrammarCache, GivesTheSameGrammarForTheSameSource) {
  GrammarCache cache(test_tokenizer(), std::vector<TokenId>{159}, 160);
  const auto first = cache.get(RegexSource{"a+"}).value();
  EXPECT_EQ(cache.get(RegexSource{"a+"}).value(), first);
  EXPECT_NE(cache.get(RegexSource{"a*"}).value(), first);
  EXPECT_FALSE(cache.get(RegexSource{"(a"}));
}

TEST(GrammarCache, ForgetsTheOldestWhenItIsFull) {
  GrammarCache cache(test_tokenizer(), std::vector<TokenId>{159}, 160, {}, 1);
  const auto first = cache.get(RegexSource{"a+"}).value();
  const auto second = cache.get(RegexSource{"b+"}).value();
  EXPECT_EQ(cache.get(RegexSource{"b+"}).value(), second);
  EXPECT_NE(cache.get(RegexSource{"a+"}).value(), first);
}

TEST(GrammarCache, TellsSourcesApart) {
  EXPECT_NE(grammar_key(ChoiceSource{{"a", "b"}}), grammar_key(ChoiceSource{{"a1:b"}}));
  EXPECT_NE(grammar_key(RegexSource{"a"}), grammar_key(GbnfSource{"a"}));
  EXPECT_NE(grammar_key(JsonObjectSource{false}), grammar_key(JsonObjectSource{true}));
  EXPECT_NE(grammar_key(JsonSchemaSource{.schema = json::value(true)}),
            grammar_key(JsonSchemaSource{.schema = json::value(true), .compact = true}));
}

}  // namespace
}  // namespace ferry
