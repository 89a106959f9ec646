// What speculation chooses, on a simulated machine: time by formula, guesses right by chance. What it is told
// of the times is noisy, and every tenth is a hiccup.

#include "infer/engine/speculation.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/core/rng.h"

namespace ferry {
namespace {

// Always the same guesses; the test decides which are right.
class Guesser : public Drafter {
 public:
  void propose(std::span<const TokenId> /*tokens*/, int32_t most, std::vector<TokenId>& guesses) override {
    guesses.assign(static_cast<size_t>(most), 1);
  }
};

struct Run {
  double ms = 0;
  int64_t tokens = 0;
  int64_t drafted = 0;
  double speed() const { return static_cast<double>(tokens) / ms; }
};

// `answers` answers that go on forever. right(step): how likely a guess is right.
template <class Ms, class Right>
Run simulate(Speculation& speculation, int steps, int answers, Ms ms, Right right) {
  PagePool pool(1 << 16, 32);
  Scheduler scheduler({.max_logits = 128, .prefix_cache = false}, pool);
  for (int i = 0; i < answers; ++i) {
    const auto added = scheduler.add(
        {.ids = {static_cast<SequenceId>(i + 1)}, .prompt = {1}, .max_new_tokens = (1 << 20) / answers});
    EXPECT_TRUE(added);
  }
  Rng rng(1);
  Run run;
  for (int step = 0; step < steps; ++step) {
    StepPlan plan = scheduler.next();
    speculation.draft(plan, scheduler);
    std::vector<TokenId> tokens;
    for (PlannedSequence& planned : plan.sequences) {
      const auto guesses = static_cast<int32_t>(planned.drafts.size());
      while (planned.accepted < guesses && rng.uniform() < right(step)) ++planned.accepted;
      tokens.insert(tokens.end(), static_cast<size_t>(planned.accepted), 1);
      tokens.push_back(0);
    }
    const double usual = ms(plan.rows());
    const double hiccup = rng.below(10) == 0 ? 1 + 9 * rng.uniform() : 1;
    speculation.took(plan, usual * (1 + 0.2 * rng.uniform()) * hiccup);
    scheduler.commit(plan, tokens);
    run.ms += usual;
    run.tokens += std::ssize(tokens);
    run.drafted += plan.draft_rows;
  }
  return run;
}

MakeDrafter guesser() {
  return [] { return std::make_unique<Guesser>(); };
}

constexpr int kSteps = 4000;

TEST(Speculation, VerifiesAllGuessesWhereRowsAreFree) {
  Speculation speculation({.make_drafter = guesser(), .most_tokens = 8});
  const auto run = simulate(
      speculation, kSteps, 1, [](int32_t) { return 10.0; }, [](int) { return 0.8; });
  EXPECT_GT(run.drafted, kSteps * 8 * 0.9);
  EXPECT_GT(run.speed(), 0.1 * 3.5);
  EXPECT_EQ(speculation.counters().guesses, static_cast<uint64_t>(run.drafted));
  EXPECT_EQ(speculation.counters().accepted, static_cast<uint64_t>(run.tokens - kSteps));
}

// Whatever the machine, it is hardly slower than without guesses.
TEST(Speculation, SwitchesItselfOffWhereItLoses) {
  const std::function<double(int32_t)> machines[] = {
      [](int32_t rows) { return 10.0 * rows; },                         // nothing is shared between rows
      [](int32_t rows) { return rows == 1 ? 10.0 : 30.0 + 3 * rows; },  // a second row is dear
      [](int32_t rows) { return 10 + 1.0 * (rows - 1); },
  };
  for (size_t i = 0; i < std::size(machines); ++i) {
    for (const double right : {0.0, 0.03}) {
      for (const int answers : {1, 8}) {
        Speculation speculation({.make_drafter = guesser(), .most_tokens = 8});
        const auto run = simulate(speculation, kSteps, answers, machines[i], [right](int) { return right; });
        const double plain = answers / machines[i](answers);
        EXPECT_GT(run.speed(), 0.96 * plain) << "machine " << i << ", right " << right << ", " << answers;
        EXPECT_GT(run.drafted, 0) << "it probes";
        EXPECT_LT(run.drafted, kSteps * answers / 4);
      }
    }
  }
}

TEST(Speculation, TakesAsManyGuessesAsPay) {
  const auto ms = [](int32_t rows) { return 10.0 + 2 * (rows - 1); };
  Speculation speculation({.make_drafter = guesser(), .most_tokens = 8});
  const auto run = simulate(speculation, kSteps, 1, ms, [](int) { return 0.7; });
  EXPECT_NEAR(static_cast<double>(run.drafted) / kSteps, 3, 1);  // draft_lengths_test.cpp
  EXPECT_GT(run.speed(), 0.97 * 2.533 / 16);
}

TEST(Speculation, FollowsATextThatBeginsAndEndsToRepeatItself) {
  const auto ms = [](int32_t rows) { return 10.0 + 1 * (rows - 1); };
  for (const bool begins : {true, false}) {
    Speculation speculation({.make_drafter = guesser(), .most_tokens = 8});
    const auto run = simulate(speculation, kSteps, 1, ms,
                              [begins](int step) { return (step < kSteps / 2) == begins ? 0.0 : 0.95; });
    const double repeating = (1 - std::pow(0.95, 9)) / 0.05 / 18;  // tokens per ms
    EXPECT_GT(run.speed(), 0.9 * (0.1 * 10 + repeating * 18) / 28) << begins;
  }
}

TEST(Speculation, WithoutAdaptingVerifiesAllForWhichThereIsRoom) {
  Speculation speculation({.make_drafter = guesser(), .most_tokens = 5, .adaptive = false});
  const auto run = simulate(
      speculation, 100, 1, [](int32_t rows) { return 10.0 * rows; }, [](int) { return 0.0; });
  EXPECT_EQ(run.drafted, 500);
}

TEST(Speculation, WithoutADrafterDoesNothing) {
  Speculation speculation({});
  EXPECT_FALSE(speculation.on());
  const auto run = simulate(
      speculation, 100, 2, [](int32_t) { return 10.0; }, [](int) { return 1.0; });
  EXPECT_EQ(run.drafted, 0);
}

}  // namespace
}  // namespace ferry
