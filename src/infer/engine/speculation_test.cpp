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
  void propose(std::span<DraftRequest> requests) override {
    for (DraftRequest& request : requests) request.guesses.assign(static_cast<size_t>(request.most), 1);
  }
  void forget(SequenceId /*id*/) override {}
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

std::unique_ptr<Drafter> guesser() {
  return std::make_unique<Guesser>();
}

constexpr int kSteps = 4000;

TEST(Speculation, VerifiesAllGuessesWhereRowsAreFree) {
  Speculation speculation({.drafter = guesser(), .most_tokens = 8});
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
        Speculation speculation({.drafter = guesser(), .most_tokens = 8});
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
  Speculation speculation({.drafter = guesser(), .most_tokens = 8});
  const auto run = simulate(speculation, kSteps, 1, ms, [](int) { return 0.7; });
  EXPECT_NEAR(static_cast<double>(run.drafted) / kSteps, 3, 1);  // draft_lengths_test.cpp
  EXPECT_GT(run.speed(), 0.97 * 2.533 / 16);
}

TEST(Speculation, FollowsATextThatBeginsAndEndsToRepeatItself) {
  const auto ms = [](int32_t rows) { return 10.0 + 1 * (rows - 1); };
  for (const bool begins : {true, false}) {
    Speculation speculation({.drafter = guesser(), .most_tokens = 8});
    const auto run = simulate(speculation, kSteps, 1, ms,
                              [begins](int step) { return (step < kSteps / 2) == begins ? 0.0 : 0.95; });
    const double repeating = (1 - std::pow(0.95, 9)) / 0.05 / 18;  // tokens per ms
    EXPECT_GT(run.speed(), 0.9 * (0.1 * 10 + repeating * 18) / 28) << begins;
  }
}

// Guesses that take time, each depth of all sequences together; and before a sequence's first guess, each of
// its tokens.
class SlowGuesser : public Drafter {
 public:
  static constexpr double kGuessMs = 2;
  static constexpr double kReadMs = 0.05;

  explicit SlowGuesser(double& spent_ms) : spent_ms_(spent_ms) {}

  void propose(std::span<DraftRequest> requests) override {
    int32_t depth = 0;
    for (DraftRequest& request : requests) {
      quote(request);
      spent_ms_ += request.reading_ms;
      read_[request.id] = request.tokens.size();
      request.guesses.assign(static_cast<size_t>(request.most), 1);
      depth = std::max(depth, request.most);
    }
    spent_ms_ += depth * kGuessMs;
  }
  void forget(SequenceId id) override { read_.erase(id); }
  bool costly() const override { return true; }
  double guess_ms(int32_t /*sequences*/) const override { return kGuessMs; }
  void quote(DraftRequest& request) override {
    const size_t unread = request.tokens.size() - read_[request.id];
    request.reading_ms = unread > 9 ? static_cast<double>(unread) * kReadMs : 0;
  }

 private:
  double& spent_ms_;
  std::map<SequenceId, size_t> read_;
};

// With a drafter that says what it spent.
template <class Ms, class Right>
Run simulate_slow(int steps, int answers, Ms ms, Right right) {
  double spent_ms = 0;
  Speculation speculation({.drafter = std::make_unique<SlowGuesser>(spent_ms), .most_tokens = 8});
  Run run = simulate(speculation, steps, answers, ms, right);
  run.ms += spent_ms;
  return run;
}

TEST(Speculation, SwitchesADrafterOffThatLoses) {
  for (const double right : {0.0, 0.05, 0.15}) {
    for (const int answers : {1, 8}) {
      const auto run = simulate_slow(
          kSteps, answers, [](int32_t) { return 10.0; }, [right](int) { return right; });
      EXPECT_GT(run.speed(), 0.97 * answers / 10) << "right " << right << ", " << answers;
      EXPECT_GT(run.drafted, 0) << "it probes";
      EXPECT_LT(run.drafted, kSteps * answers / 5);
    }
  }
}

// Even one that is always right, where a guess takes as long as two steps.
TEST(Speculation, SwitchesADrafterOffThatIsTooSlow) {
  const auto run = simulate_slow(
      kSteps, 1, [](int32_t) { return SlowGuesser::kGuessMs / 2; }, [](int) { return 1.0; });
  EXPECT_GT(run.speed(), 0.97 * 2 / SlowGuesser::kGuessMs);
}

TEST(Speculation, MakesAsManyGuessesAsPay) {
  // (1 + 0.8 + 0.64 + ...) / (10 + 2 d): 0.150 for one guess, 0.174, 0.1845, 0.1868, 0.184 for five.
  const auto run = simulate_slow(
      kSteps, 1, [](int32_t) { return 10.0; }, [](int) { return 0.8; });
  EXPECT_NEAR(static_cast<double>(run.drafted) / kSteps, 4, 1);
  EXPECT_GT(run.speed(), 0.96 * 0.1868);
}

TEST(Speculation, NoticesThatADrafterBeginsToPay) {
  const auto run = simulate_slow(
      kSteps, 1, [](int32_t) { return 10.0; }, [](int step) { return step < kSteps / 2 ? 0.0 : 0.9; });
  EXPECT_GT(run.drafted, kSteps / 2 * 4);
}

// Each answer is short, and its prompt takes the drafter as long as six steps; that drafting loses is
// known from those before.
TEST(Speculation, LearnsFromAllAnswersWhetherToReadAPrompt) {
  for (const double right : {0.0, 0.9}) {
    double spent_ms = 0;
    Speculation speculation({.drafter = std::make_unique<SlowGuesser>(spent_ms), .most_tokens = 8});
    PagePool pool(1 << 10, 32);
    Scheduler scheduler({.max_step_tokens = 2048, .max_logits = 128, .prefix_cache = false}, pool);
    Rng rng(1);
    double ms = 0;
    int64_t tokens = 0;
    for (SequenceId id = 1; id <= 200; ++id) {
      ASSERT_TRUE(
          scheduler.add({.ids = {id}, .prompt = std::vector<TokenId>(1200, 1), .max_new_tokens = 101}));
      for (int32_t made = 0; made < 100;) {
        StepPlan plan = scheduler.next();
        speculation.draft(plan, scheduler);
        PlannedSequence& planned = plan.sequences.front();
        const auto guesses = static_cast<int32_t>(planned.drafts.size());
        while (planned.accepted < guesses && rng.uniform() < right) ++planned.accepted;
        std::vector<TokenId> sampled(static_cast<size_t>(planned.accepted), 1);
        sampled.push_back(0);
        speculation.took(plan, 10);
        scheduler.commit(plan, sampled);
        made += planned.accepted + 1;
        tokens += planned.accepted + 1;
        ms += 10;
      }
      scheduler.remove(id);
      speculation.forget(id);
    }
    const double speed = static_cast<double>(tokens) / (ms + spent_ms);
    if (right == 0) {
      EXPECT_GT(speed, 0.97 * 0.1);
      EXPECT_GT(speculation.counters().drafts, 10u) << "it probes";
    } else {
      EXPECT_GT(speed, 1.5 * 0.1);
    }
  }
}

TEST(Speculation, WithoutAdaptingVerifiesAllForWhichThereIsRoom) {
  Speculation speculation({.drafter = guesser(), .most_tokens = 5, .adaptive = false});
  const auto run = simulate(
      speculation, 100, 1, [](int32_t rows) { return 10.0 * rows; }, [](int) { return 0.0; });
  EXPECT_EQ(run.drafted, 500);
}

// Each sequence must go on with five ones.
Speculation::Options five_ones() {
  return {.forced = [](SequenceId, int32_t most) {
    return std::vector<TokenId>(static_cast<size_t>(std::min(most, 5)), 1);
  }};
}

TEST(Speculation, ForcedTextIsVerifiedWhereRowsAreCheap) {
  Speculation speculation(five_ones());
  const auto run = simulate(
      speculation, 200, 1, [](int32_t) { return 10.0; }, [](int) { return 1.0; });
  EXPECT_GT(run.drafted, 900);
}

TEST(Speculation, ForcedTextIsLeftAloneWhereRowsAreDear) {
  Speculation speculation(five_ones());
  const auto run = simulate(
      speculation, kSteps, 1, [](int32_t rows) { return 25.0 * rows - 15; }, [](int) { return 1.0; });
  EXPECT_GT(run.speed(), 0.95 * 0.1);
  EXPECT_GT(run.drafted, 0) << "it probes";
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
