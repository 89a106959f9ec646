#include "infer/draft/ngram_lookup.h"

#include <algorithm>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/core/rng.h"

namespace ferry {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Tokens = std::vector<TokenId>;

Tokens propose(NgramLookup& drafter, const Tokens& tokens, int32_t most) {
  Tokens guesses;
  drafter.propose(tokens, most, guesses);
  return guesses;
}

Tokens propose(const Tokens& tokens, int32_t most) {
  NgramLookup drafter;
  return propose(drafter, tokens, most);
}

TEST(NgramLookup, GuessesWhatFollowedBefore) {
  EXPECT_THAT(propose({1, 2, 3, 4, 5, 6, 9, 1, 2, 3}, 3), ElementsAre(4, 5, 6));
}

TEST(NgramLookup, HasNoGuessAtWhatIsNew) {
  EXPECT_THAT(propose({}, 3), IsEmpty());
  EXPECT_THAT(propose({1}, 3), IsEmpty());
  EXPECT_THAT(propose({1, 2, 3}, 3), IsEmpty());
  EXPECT_THAT(propose({1, 2, 4, 5, 1, 2}, 3), IsEmpty()) << "two tokens are too few";
  Tokens fresh(1000);
  std::iota(fresh.begin(), fresh.end(), 0);
  EXPECT_THAT(propose(fresh, 3), IsEmpty());
}

TEST(NgramLookup, TheLongestMatchGoesBeforeTheLatest) {
  EXPECT_THAT(propose({7, 1, 2, 3, 40, 8, 1, 2, 3, 50, 7, 1, 2, 3}, 1), ElementsAre(40));
  EXPECT_THAT(propose({7, 1, 2, 3, 40, 8, 1, 2, 3, 50, 9, 1, 2, 3}, 1), ElementsAre(50));
}

TEST(NgramLookup, AMatchMayOverlapWhatItPredicts) {
  EXPECT_THAT(propose({5, 5, 5, 5}, 4), ElementsAre(5, 5, 5, 5));
  EXPECT_THAT(propose({1, 2, 3, 1, 2, 3, 1}, 7), ElementsAre(2, 3, 1, 2, 3, 1, 2));
}

// A match that goes on is kept, however often its last tokens have come since.
TEST(NgramLookup, StaysWithAMatchBeyondTheLatestCandidates) {
  Tokens tokens = {90, 91, 92, 93, 1, 2, 3, 77};
  for (int i = 0; i < NgramLookup::kCandidates + 5; ++i) tokens.insert(tokens.end(), {1, 2, 3, 60 + i});
  tokens.insert(tokens.end(), {90, 91, 92, 93});
  NgramLookup drafter;
  EXPECT_THAT(propose(drafter, tokens, 4), ElementsAre(1, 2, 3, 77));
  tokens.insert(tokens.end(), {1, 2, 3});
  EXPECT_THAT(propose(drafter, tokens, 1), ElementsAre(77));
  EXPECT_THAT(propose(tokens, 1), ElementsAre(60 + NgramLookup::kCandidates + 4)) << "a newcomer's guess";
}

// Guesses follow an earlier place of the last tokens, whichever calls came before; and where that place is
// near, there are some.
TEST(NgramLookup, GuessesAreQuotations) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Rng rng(seed);
    NgramLookup drafter;
    Tokens tokens;
    int guessed = 0;
    for (int step = 0; step < 400; ++step) {
      const size_t more = 1 + rng.below(step % 50 == 0 ? 100 : 4);
      for (size_t i = 0; i < more; ++i) tokens.push_back(static_cast<TokenId>(rng.below(2 + seed)));
      const auto most = static_cast<int32_t>(1 + rng.below(8));
      const Tokens guesses = propose(drafter, tokens, most);
      EXPECT_TRUE(guesses.empty() || static_cast<int32_t>(guesses.size()) == most);
      Tokens wanted = tokens;
      wanted.insert(wanted.end(), guesses.begin(), guesses.end());
      const auto from = wanted.begin() + std::max<std::ptrdiff_t>(0, std::ssize(tokens) - 3);
      const auto found = std::search(wanted.begin(), wanted.end(), from, wanted.end());
      if (!guesses.empty()) {
        EXPECT_LT(found, from) << "seed " << seed << ", step " << step;
        ++guessed;
      }
      const auto near = wanted.begin() + std::max<std::ptrdiff_t>(0, std::ssize(tokens) - 10);
      if (guesses.empty() && tokens.size() > 20) {
        EXPECT_EQ(std::search(near, wanted.end(), from, wanted.end()), from);
      }
    }
    EXPECT_GT(guessed, 10) << seed;
  }
}

}  // namespace
}  // namespace ferry
