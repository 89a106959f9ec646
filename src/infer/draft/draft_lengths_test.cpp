#include "infer/draft/draft_lengths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ferry {
namespace {

using testing::ElementsAre;

// A step of `rows` rows takes ms(rows).
template <class Ms>
StepCosts machine(Ms ms) {
  StepCosts costs;
  for (int32_t rows = 1; rows <= 30; ++rows) {
    for (int i = 0; i < 2; ++i) costs.took(rows, ms(rows));
  }
  return costs;
}

constexpr auto free_guesses = [](int32_t) { return 0.0; };

TEST(DraftLengths, WhereRowsCostNothingAllGuessesAreVerified) {
  const StepCosts costs = machine([](int32_t) { return 10.0; });
  const DraftOffer offers[] = {{8, 0.1}, {3, 0.9}};
  EXPECT_THAT(draft_lengths(offers, 2, 100, costs, free_guesses), ElementsAre(8, 3));
}

TEST(DraftLengths, WhereRowsCostAsMuchAsStepsNoGuessIs) {
  const StepCosts costs = machine([](int32_t rows) { return 10.0 * rows; });
  const DraftOffer offers[] = {{8, 0.5}, {8, 0.99}};
  EXPECT_THAT(draft_lengths(offers, 2, 100, costs, free_guesses), ElementsAre(0, 0));
}

TEST(DraftLengths, AreTheBestByTheFormula) {
  const auto ms = [](int32_t rows) { return 10.0 + 2 * (rows - 1); };
  const StepCosts costs = machine(ms);
  // One token in 10 ms; two guesses: (1 + 0.7 + 0.49) / 14 = 0.156; three: 2.533 / 16 = 0.158; four: 0.154.
  const DraftOffer offer[] = {{8, 0.7}};
  EXPECT_THAT(draft_lengths(offer, 1, 100, costs, free_guesses), ElementsAre(3));
}

TEST(DraftLengths, PassesAStretchThatCostsToReachOneThatIsFree) {
  const StepCosts costs = machine([](int32_t rows) { return rows == 1 ? 10.0 : 18.0; });
  const DraftOffer offer[] = {{8, 0.75}};
  EXPECT_THAT(draft_lengths(offer, 1, 100, costs, free_guesses), ElementsAre(8));
  EXPECT_THAT(draft_lengths(offer, 1, 1, costs, free_guesses), ElementsAre(0));
}

TEST(DraftLengths, TheLikelierSequenceGetsMore) {
  const StepCosts costs = machine([](int32_t) { return 10.0; });
  const DraftOffer offers[] = {{8, 0.3}, {8, 0.9}};
  EXPECT_THAT(draft_lengths(offers, 2, 4, costs, free_guesses), ElementsAre(0, 4));
  EXPECT_THAT(draft_lengths(offers, 2, 0, costs, free_guesses), ElementsAre(0, 0));
}

TEST(DraftLengths, NowAndThenAGuessIsVerifiedThatDoesNotPay) {
  const StepCosts costs = machine([](int32_t rows) { return 10.0 + rows; });
  // Three of them, and a row adds a thirteenth to the step.
  const int32_t patience = 3 * 100 / 13;
  const DraftOffer offers[] = {{8, 0.01, patience}, {8, 0.01, patience - 1}, {8, 0.01, 10 * patience}};
  EXPECT_THAT(draft_lengths(offers, 3, 5, costs, free_guesses), ElementsAre(1, 0, 1));
  EXPECT_THAT(draft_lengths(offers, 3, 1, costs, free_guesses), ElementsAre(1, 0, 0)) << "if there is a row";
}

TEST(DraftLengths, GuessesThatTakeTimeAreFewer) {
  const StepCosts costs = machine([](int32_t) { return 10.0; });
  const DraftOffer offer[] = {{8, 0.8}};
  // One token in 10 ms; one guess: 1.8 / 14 = 0.129; two: 2.44 / 18 = 0.136; three: 2.952 / 22 = 0.134.
  EXPECT_THAT(draft_lengths(offer, 1, 100, costs, [](int32_t) { return 4.0; }), ElementsAre(2));
  // One guess: 1.8 / 18.1.
  EXPECT_THAT(draft_lengths(offer, 1, 100, costs, [](int32_t) { return 8.1; }), ElementsAre(0));
}

TEST(DraftLengths, SequencesShareTheTimeOfADepth) {
  const StepCosts costs = machine([](int32_t) { return 10.0; });
  const auto guess_ms = [](int32_t sequences) { return 3.9 + 0.1 * sequences; };
  // Where others go deep anyway, the seldom right one goes along, as far as that is worth a tenth of a ms: at
  // 0.38 tokens per ms, for 0.3 and 0.09 tokens, not for 0.027.
  const DraftOffer offers[] = {{8, 0.95}, {8, 0.3}, {8, 0.95}};
  const DraftOffer alone[] = {{8, 0.3}};
  EXPECT_THAT(draft_lengths(alone, 1, 100, costs, guess_ms), ElementsAre(0));
  const std::vector<int32_t> lengths = draft_lengths(offers, 3, 100, costs, guess_ms);
  EXPECT_THAT(lengths, ElementsAre(4, 2, 4));
}

TEST(DraftLengths, APromptIsReadWhereItsAnswerIsLikelyToPayForIt) {
  const StepCosts costs = machine([](int32_t) { return 10.0; });
  const auto guess_ms = [](int32_t) { return 1.0; };
  // Two guesses at 0.5: 1.75 / 12 ms against 1 / 10: so 5.5 ms more in each step is too much.
  const auto lengths = [&](double reading_ms, int32_t tokens_left) {
    const DraftOffer offer[] = {
        {.guesses = 2, .probability = 0.5, .reading_ms = reading_ms, .tokens_left = tokens_left}};
    return draft_lengths(offer, 1, 100, costs, guess_ms);
  };
  EXPECT_THAT(lengths(0, 100), ElementsAre(2));
  EXPECT_THAT(lengths(549, 100), ElementsAre(1)) << "until it is read, one";
  EXPECT_THAT(lengths(551, 100), ElementsAre(0));
  EXPECT_THAT(lengths(549, 99), ElementsAre(0));
}

// What one has yet to read for is no guess of this step: it does not make others' seem dear.
TEST(DraftLengths, ReadingOneHoldsNoOtherBack) {
  const StepCosts costs = machine([](int32_t) { return 10.0; });
  const DraftOffer offers[] = {{.guesses = 8, .probability = 0.99, .reading_ms = 1e6, .tokens_left = 10},
                               {.guesses = 8, .probability = 0.8}};
  EXPECT_THAT(draft_lengths(offers, 1, 100, costs, [](int32_t) { return 4.0; }), ElementsAre(0, 2));
}

TEST(DraftLengths, ProbesCostAHundredthWithTheGuessAndItsReading) {
  const StepCosts costs = machine([](int32_t) { return 10.0; });
  const auto guess_ms = [](int32_t) { return 5.0; };
  const auto lengths = [&](double reading_ms, int32_t passed_over) {
    const DraftOffer offer[] = {
        {.guesses = 8, .probability = 0.01, .passed_over = passed_over, .reading_ms = reading_ms}};
    return draft_lengths(offer, 1, 100, costs, guess_ms);
  };
  EXPECT_THAT(lengths(0, 49), ElementsAre(0));
  EXPECT_THAT(lengths(0, 51), ElementsAre(1));
  EXPECT_THAT(lengths(5, 99), ElementsAre(0));
  EXPECT_THAT(lengths(5, 101), ElementsAre(1));
}

}  // namespace
}  // namespace ferry
