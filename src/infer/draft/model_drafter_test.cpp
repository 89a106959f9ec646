#include "infer/draft/model_drafter.h"

#include <numeric>

#include <gmock/gmock.h>

#include "base/core/rng.h"
#include "infer/model/test_models.h"

namespace ferry {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Tokens = std::vector<TokenId>;

constexpr int32_t kVocab = 160;      // of the checkpoint
constexpr int32_t kPositions = 512;  // that it was made for

ThreadPool& threads() {
  static ThreadPool pool(2);
  return pool;
}

std::unique_ptr<Model> load(int32_t max_rows) {
  const ModelOptions options{.table = must(kernels::choose_table()), .max_rows = max_rows};
  return must(Model::load(golden_folder() / "llama3", options, threads()));
}

std::unique_ptr<ModelDrafter> drafter(int32_t pages, int32_t vocab = kVocab) {
  auto model = load(ModelDrafter::kMaxRows);
  KvCache kv = must(KvCache::create(model->kv_geometry(KvType::bf16), pages));
  return must(ModelDrafter::create(std::move(model), std::move(kv), vocab, threads()));
}

// The `count` likeliest tokens after these, one after the other, by the model alone.
Tokens continuation(const Tokens& tokens, int32_t count) {
  static const std::unique_ptr<Model> model = load(kPositions);
  Sequence sequence(*model, KvType::bf16, kPositions);
  Tokens next = tokens;
  Tokens all;
  for (int32_t i = 0; i < count; ++i) {
    const std::vector<float> logits = sequence.feed(next, 1, threads());
    next = {argmax(logits.data(), kVocab)};
    all.push_back(next.front());
  }
  return all;
}

Tokens text(uint64_t seed, int32_t length) {
  Rng rng(seed);
  Tokens tokens;
  for (int32_t i = 0; i < length; ++i) tokens.push_back(static_cast<TokenId>(rng.below(kVocab)));
  return tokens;
}

// As an engine asks; where a text is empty, its sequence does not.
std::vector<Tokens> propose(ModelDrafter& drafter, const std::vector<Tokens>& texts, int32_t most) {
  std::vector<DraftRequest> requests;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (!texts[i].empty()) requests.push_back({.id = i, .tokens = texts[i], .most = most});
  }
  for (DraftRequest& request : requests) drafter.quote(request);
  drafter.propose(requests);
  std::vector<Tokens> guesses(texts.size());
  for (DraftRequest& request : requests) guesses[request.id] = std::move(request.guesses);
  return guesses;
}

TEST(ModelDrafter, GuessesTheModelsOwnContinuationOfEachSequence) {
  const auto drafter = ferry::drafter(64);
  const std::vector<Tokens> texts = {text(1, 5), text(2, 20), text(3, 31)};
  const std::vector<Tokens> guesses = propose(*drafter, texts, 6);
  for (size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(guesses[i], continuation(texts[i], 6)) << i;
}

// Whatever became of earlier guesses, and whoever asks beside: the guesses are those of a fresh start.
TEST(ModelDrafter, KeepsWhatCameTrueAndForgetsTheRest) {
  const auto drafter = ferry::drafter(64);
  Rng rng(7);
  std::vector<Tokens> texts = {text(1, 3), text(2, 9), text(3, 30), text(4, 12)};
  for (int step = 0; step < 40; ++step) {
    const auto most = static_cast<int32_t>(1 + rng.below(7));
    std::vector<DraftRequest> requests;
    for (size_t i = 0; i < texts.size(); ++i) {
      if (rng.below(4) > 0) requests.push_back({.id = i, .tokens = texts[i], .most = most});
    }
    for (DraftRequest& request : requests) drafter->quote(request);
    drafter->propose(requests);
    for (const DraftRequest& request : requests) {
      Tokens& tokens = texts[request.id];
      ASSERT_EQ(request.guesses, continuation(tokens, most))
          << "sequence " << request.id << ", step " << step;
      const auto right = static_cast<std::ptrdiff_t>(rng.below(static_cast<uint64_t>(most) + 1));
      tokens.insert(tokens.end(), request.guesses.begin(), request.guesses.begin() + right);
      if (rng.below(4) > 0) tokens.push_back(static_cast<TokenId>(rng.below(kVocab)));
    }
  }
}

TEST(ModelDrafter, ReadsALongPromptOverManyStepsWhileOthersGetGuesses) {
  const auto drafter = ferry::drafter(64);
  std::vector<Tokens> texts = {text(1, 300), text(2, 4)};
  const Tokens expected = continuation(texts[0], 3);
  for (int step = 0; step < 4; ++step) {
    const std::vector<Tokens> guesses = propose(*drafter, texts, 3);
    EXPECT_THAT(guesses[0], IsEmpty()) << step;  // 60 of 300 tokens in each step, or 63
    ASSERT_EQ(guesses[1], continuation(texts[1], 3)) << step;
    texts[1].insert(texts[1].end(), {guesses[1][0], guesses[1][1], guesses[1][2], 5});
  }
  EXPECT_EQ(propose(*drafter, texts, 3)[0], expected);
}

TEST(ModelDrafter, SaysWhatItMustReadAndLearnsHowLongItTakes) {
  const auto drafter = ferry::drafter(64);
  const Tokens prompt = text(1, 60);
  DraftRequest request{.id = 0, .tokens = prompt, .most = 8};
  EXPECT_EQ(drafter->guess_ms(1), 0);
  drafter->quote(request);
  EXPECT_EQ(request.most, 8);
  EXPECT_EQ(request.reading_ms, 0) << "not known yet";
  propose(*drafter, {prompt}, 8);
  EXPECT_GT(drafter->guess_ms(1), 0);
  const Tokens other = text(2, 120);
  DraftRequest half{.id = 1, .tokens = std::span(other).first(60), .most = 8};
  DraftRequest whole{.id = 2, .tokens = other, .most = 8};
  drafter->quote(half);
  drafter->quote(whole);
  EXPECT_GT(half.reading_ms, 0);
  EXPECT_NEAR(whole.reading_ms, 2 * half.reading_ms, 1e-9);
  drafter->quote(request);
  EXPECT_EQ(request.reading_ms, 0) << "it has been read";
}

TEST(ModelDrafter, HasNoGuessesWherePagesRunOut) {
  const auto drafter = ferry::drafter(2);  // of 32 positions
  const std::vector<Tokens> texts = {text(1, 20), text(2, 24), text(3, 28)};
  std::vector<Tokens> guesses = propose(*drafter, texts, 4);
  EXPECT_EQ(guesses[0], continuation(texts[0], 4));
  EXPECT_EQ(guesses[1], continuation(texts[1], 4));
  EXPECT_THAT(guesses[2], IsEmpty());
  EXPECT_EQ(drafter->pages().available(), 0);
  drafter->forget(1);
  drafter->forget(99);
  EXPECT_EQ(drafter->pages().available(), 1);
  guesses = propose(*drafter, {texts[0], {}, texts[2]}, 4);
  EXPECT_EQ(guesses[2], continuation(texts[2], 4));
}

TEST(ModelDrafter, WhoDoesNotAskLosesItsPagesFirst) {
  const auto drafter = ferry::drafter(3);
  const std::vector<Tokens> texts = {text(1, 20), text(2, 24), text(3, 60)};
  EXPECT_EQ(propose(*drafter, {texts[0]}, 4)[0], continuation(texts[0], 4));
  EXPECT_EQ(propose(*drafter, {{}, texts[1]}, 4)[1], continuation(texts[1], 4));
  EXPECT_EQ(propose(*drafter, {{}, {}, texts[2]}, 4)[2], continuation(texts[2], 4));
  EXPECT_EQ(drafter->pages().available(), 0) << "the second one has its page still";
  DraftRequest first{.id = 0, .tokens = texts[0], .most = 1};
  DraftRequest second{.id = 1, .tokens = texts[1], .most = 1};
  drafter->quote(first);
  drafter->quote(second);
  EXPECT_GT(first.reading_ms, 0);
  EXPECT_EQ(second.reading_ms, 0);
  EXPECT_EQ(propose(*drafter, {texts[0]}, 4)[0], continuation(texts[0], 4)) << "it can begin again";
}

TEST(ModelDrafter, GuessesNothingThatEitherModelDoesNotKnow) {
  const auto narrow = drafter(64, 40);
  for (uint64_t seed = 0; seed < 5; ++seed) {
    narrow->forget(0);
    const std::vector<Tokens> guesses = propose(*narrow, {text(seed, 20)}, 8);
    EXPECT_EQ(guesses[0].size(), 8u);
    for (const TokenId guess : guesses[0]) EXPECT_LT(guess, 40);
  }
  const auto wide = drafter(64, 2 * kVocab);
  Tokens tokens = text(1, 20);
  EXPECT_EQ(propose(*wide, {tokens}, 2)[0], continuation(tokens, 2));
  tokens.push_back(kVocab + 5);
  EXPECT_THAT(propose(*wide, {tokens}, 2)[0], IsEmpty());
  tokens.push_back(3);
  DraftRequest request{.id = 0, .tokens = tokens, .most = 4};
  wide->quote(request);
  EXPECT_EQ(request.most, 0);
  EXPECT_EQ(wide->pages().available(), 64);
}

TEST(ModelDrafter, StopsWhereItsPositionsEnd) {
  const auto drafter = ferry::drafter(64);
  Tokens tokens = text(1, kPositions - 1);
  std::vector<Tokens> guesses;
  for (int step = 0; step < 8; ++step) guesses = propose(*drafter, {tokens}, 8);
  EXPECT_EQ(guesses[0].size(), 2u) << "the last one follows the last position";
  tokens.push_back(1);
  EXPECT_EQ(propose(*drafter, {tokens}, 8)[0].size(), 1u);
  tokens.push_back(1);
  EXPECT_THAT(propose(*drafter, {tokens}, 8)[0], IsEmpty());
}

}  // namespace
}  // namespace ferry
