#include "serve/gateway/answer_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/core/rng.h"

namespace ferry {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

std::shared_ptr<const Detectors> words_of(std::vector<std::string> words) {
  DetectorSettings settings{.kinds = 1U << static_cast<unsigned>(FindingKind::name)};
  settings.lists.push_back({.name = "words", .names = std::move(words)});
  return Detectors::compile(settings).value();
}

std::shared_ptr<const Detectors> test_words() {
  static const auto words = words_of({"bomb", "red team", "naïve"});
  return words;
}

using Hold = AnswerWatch::Hold;
using Form = AnswerWatch::Form;

// What came out, and what was found.
struct Watched {
  GenerationResult result;
  std::optional<std::string> found;
};

Watched watched(const std::vector<GenerationDelta>& deltas, Form form = Form::text, Hold hold = Hold::words) {
  AnswerWatch watch(test_words(), form, hold);
  Watched out;
  for (GenerationDelta delta : deltas) {
    auto found = watch.push(delta);
    if (found) out.found = std::move(found);
    if (out.found && hold == Hold::words) break;
    append(out.result, std::move(delta));
  }
  return out;
}

GenerationDelta text_delta(std::string text) {
  GenerationDelta delta;
  delta.text = std::move(text);
  return delta;
}

GenerationDelta finish_delta() {
  GenerationDelta delta;
  delta.finish = FinishReason::stop;
  return delta;
}

GenerationResult answer_with(auto fill) {
  GenerationResult result;
  fill(result.choices.emplace_back());
  return result;
}

TEST(FindWords, LooksIntoEverythingThatAnAnswerSays) {
  const auto found = [](auto fill) { return find_words(*test_words(), answer_with(fill)).value_or(""); };
  EXPECT_EQ(found([](GenerationChoice& c) { c.text = "How are bombs made? bombastic"; }), "");
  EXPECT_EQ(found([](GenerationChoice& c) { c.text = "A BOMB."; }),
            "words: \"BOMB\" in the text of choice 0");
  EXPECT_EQ(found([](GenerationChoice& c) { c.thought = "the red  team"; }),
            "words: \"red  team\" in the thought of choice 0");
  EXPECT_EQ(found([](GenerationChoice& c) { c.seals.push_back({.text = "bomb"}); }),
            "words: \"bomb\" in the thought of choice 0");
  EXPECT_EQ(found([](GenerationChoice& c) { c.refusal = "no bomb"; }),
            "words: \"bomb\" in the refusal of choice 0");
  EXPECT_EQ(found([](GenerationChoice& c) {
              c.calls.push_back({"", "f", R"({"a":"na\u00efve"})"});
            }),
            "words: \"naïve\" in a call of choice 0");
  EXPECT_EQ(found([](GenerationChoice& c) {
              c.calls.push_back({"", "f", "bomb, and no JSON"});
            }),
            "words: \"bomb\" in a call of choice 0");
  EXPECT_EQ(found([](GenerationChoice& c) { c.text = R"({"b\u006fmb": 1})"; }),
            "words: \"bomb\" in the text of choice 0");
  EXPECT_EQ(found([](GenerationChoice& c) {
              c.others.push_back(json::object{{"query", "a bomb"}});
            }),
            "words: \"bomb\" in a part of choice 0");
}

TEST(AnswerWatch, NothingOfAWordGoesOut) {
  const Watched out =
      watched({text_delta("It is a b"), text_delta("om"), text_delta("b. More"), finish_delta()});
  EXPECT_EQ(out.found, "words: \"bomb\" in the text of choice 0");
  ASSERT_THAT(out.result.choices, SizeIs(1));
  EXPECT_EQ(out.result.choices[0].text, "It is a ");
}

TEST(AnswerWatch, WhatBecomesNoWordComesLater) {
  const Watched out = watched(
      {text_delta("a bom"), text_delta("bast"), text_delta("ic bomb"), text_delta("er b"), finish_delta()});
  EXPECT_EQ(out.found, std::nullopt);
  EXPECT_EQ(out.result.choices[0].text, "a bombastic bomber b");
}

TEST(AnswerWatch, AWordAtTheVeryEndIsFound) {
  EXPECT_TRUE(watched({text_delta("a bomb"), finish_delta()}).found);
  GenerationDelta thought;
  thought.thought = "a bomb";
  EXPECT_EQ(watched({thought, text_delta("Hello")}).found, "words: \"bomb\" in the thought of choice 0");
  GenerationDelta refusal;
  refusal.refusal = "no bomb";
  EXPECT_EQ(watched({refusal, finish_delta()}).found, "words: \"bomb\" in the refusal of choice 0");
}

TEST(AnswerWatch, HoldsBackNoMoreThanTheLastWord) {
  AnswerWatch watch(test_words(), Form::text, Hold::words);
  size_t pushed = 0, released = 0;
  for (const std::string word :
       {"The ", "answer ", "is ", "a ", "red ", "herring", ", ", "as everybody", " knows "}) {
    pushed += word.size();
    GenerationDelta delta = text_delta(word);
    EXPECT_FALSE(watch.push(delta));
    released += delta.text.size();
    EXPECT_LE(pushed - released, 16U) << word;
  }
}

TEST(AnswerWatch, CallsComeWholeAndDecoded) {
  const auto call = [](int index, std::string id, std::string name, std::string arguments) {
    GenerationDelta delta;
    delta.calls.push_back({index, std::move(id), std::move(name), std::move(arguments)});
    return delta;
  };
  const std::vector<GenerationDelta> good{call(0, "c0", "f", ""), call(0, "", "", "{\"a\":"),
                                          call(0, "", "", "1}"), call(1, "c1", "g", "{}"), finish_delta()};
  AnswerWatch watch(test_words(), Form::text, Hold::words);
  std::vector<size_t> calls;
  GenerationResult result;
  for (GenerationDelta delta : good) {
    EXPECT_FALSE(watch.push(delta));
    calls.push_back(delta.calls.size());
    append(result, delta);
  }
  EXPECT_EQ(calls, (std::vector<size_t>{0, 0, 0, 1, 1}));
  ASSERT_THAT(result.choices[0].calls, SizeIs(2));
  EXPECT_EQ(result.choices[0].calls[0].arguments, "{\"a\":1}");
  EXPECT_EQ(result.choices[0].calls[1].id, "c1");
  const Watched bad =
      watched({call(0, "c0", "f", R"({"a":"bo)"), call(0, "", "", R"(\u006db"})"), finish_delta()});
  EXPECT_EQ(bad.found, "words: \"bomb\" in a call of choice 0");
}

TEST(AnswerWatch, ATextOfJsonIsLookedAtWhole) {
  EXPECT_EQ(
      watched({text_delta(R"({"a":"b\u006)"), text_delta(R"(fmb"})"), finish_delta()}, Form::json).found,
      "words: \"bomb\" in the text of choice 0");
  const Watched out = watched({text_delta(R"({"a":)"), text_delta("1}"), finish_delta()}, Form::json);
  EXPECT_EQ(out.result.choices[0].text, R"({"a":1})");
}

TEST(AnswerWatch, TokensWaitForTheirText) {
  GenerationDelta first = text_delta("bo");
  first.logprobs.push_back({.chosen = {.text = "bo"}});
  first.token_ids = {7};
  first.wire = std::make_shared<WireEvent>();
  GenerationDelta second = text_delta("at ");
  second.logprobs.push_back({.chosen = {.text = "at "}});
  AnswerWatch watch(test_words(), Form::text, Hold::words);
  EXPECT_FALSE(watch.push(first));
  EXPECT_EQ(first.text, "");
  EXPECT_THAT(first.logprobs, SizeIs(0));
  EXPECT_THAT(first.token_ids, SizeIs(0));
  EXPECT_EQ(first.wire, nullptr);
  EXPECT_FALSE(watch.push(second));
  GenerationDelta last = finish_delta();
  EXPECT_FALSE(watch.push(last));
  EXPECT_EQ(second.text + last.text, "boat ");
  EXPECT_THAT(last.logprobs.size() + second.logprobs.size(), 2U);
  EXPECT_THAT(last.token_ids.size() + second.token_ids.size(), 1U);
}

TEST(AnswerWatch, WhatOnlyFlagsHoldsNothingBack) {
  AnswerWatch watch(test_words(), Form::text, Hold::nothing);
  GenerationDelta delta = text_delta("a bom");
  delta.wire = std::make_shared<WireEvent>();
  EXPECT_FALSE(watch.push(delta));
  EXPECT_EQ(delta.text, "a bom");
  EXPECT_NE(delta.wire, nullptr);
  delta = text_delta("b and a bomb.");
  EXPECT_TRUE(watch.push(delta));
  EXPECT_EQ(delta.text, "b and a bomb.");
  delta = text_delta(" bomb ");
  EXPECT_FALSE(watch.push(delta)) << "told once";
}

TEST(AnswerWatch, ChoicesAreApart) {
  GenerationDelta other = text_delta("mb ");
  other.index = 1;
  EXPECT_FALSE(watched({text_delta("bo"), other, finish_delta()}).found);
  other = text_delta("bomb");
  other.index = 1;
  other.finish = FinishReason::stop;
  EXPECT_EQ(watched({text_delta("bo"), other}).found, "words: \"bomb\" in the text of choice 1");
}

// However it is cut, a stream is found out exactly where the whole text is, and otherwise comes out as it
// was.
TEST(AnswerWatch, FindsTheSameHoweverTheTextIsCut) {
  Rng rng(4);
  const std::vector<std::string> parts{"bomb", "bom", "b",     "red", "team", " ",
                                       " ",    ".",   "naïve", "é",   "x",    "-"};
  int bad = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (size_t i = rng.below(8); i > 0; --i) text += parts[rng.below(parts.size())];
    std::vector<GenerationDelta> deltas;
    for (size_t at = 0; at < text.size();) {
      size_t size = std::min(text.size() - at, 1 + rng.below(4));
      while (at + size < text.size() && (text[at + size] & 0xC0) == 0x80) ++size;
      deltas.push_back(text_delta(text.substr(at, size)));
      at += size;
    }
    deltas.push_back(finish_delta());
    const bool is_bad =
        find_words(*test_words(), answer_with([&](GenerationChoice& c) { c.text = text; })).has_value();
    bad += is_bad ? 1 : 0;
    const Watched out = watched(deltas);
    ASSERT_EQ(out.found.has_value(), is_bad) << text;
    if (!is_bad) {
      ASSERT_EQ(out.result.choices[0].text, text);
    }
  }
  EXPECT_GT(bad, 300);
  EXPECT_LT(bad, 2700);
}

}  // namespace
}  // namespace ferry
