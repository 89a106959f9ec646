#include "serve/guard/policy.h"

#include <gtest/gtest.h>

#include "base/core/rng.h"

namespace ferry {
namespace {

const GuardPolicy& policy() {
  static const GuardPolicy kPolicy{
      .labels = {{"public", {}},
                 {"pii", {.redact = true}},
                 {"eu", {.regions = {{"eu", "ch"}}}},
                 {"swiss", {.regions = {{"ch"}}}},
                 {"audited", {.providers = {{"alpha"}}}},
                 {"phi", {.stay_local = true}},
                 {"never", {.block = true}}},
      .found = {{"email", {"pii"}}, {"national_id", {"phi"}}, {"secret.github", {"never"}}}};
  return kPolicy;
}

const Destination kOwn{true, "local", ""};
const Destination kEu{false, "beta", "eu"};
const Destination kSwiss{false, "alpha", "ch"};
const Destination kUs{false, "alpha", "us"};
const Destination kUnknown{false, "", ""};

struct Row {
  std::vector<std::string> labels;
  Verdict own, eu, swiss, us, unknown;
};

TEST(Policy, TheStrictestLabelHolds) {
  constexpr Verdict kYes = Verdict::allow;
  constexpr Verdict kRedact = Verdict::redact;
  constexpr Verdict kNo = Verdict::forbid;
  const std::vector<Row> rows{
      {{}, kYes, kYes, kYes, kYes, kYes},
      {{"public"}, kYes, kYes, kYes, kYes, kYes},
      {{"pii"}, kYes, kRedact, kRedact, kRedact, kRedact},
      {{"eu"}, kYes, kYes, kYes, kNo, kNo},
      {{"eu", "swiss"}, kYes, kNo, kYes, kNo, kNo},
      {{"eu", "pii"}, kYes, kRedact, kRedact, kNo, kNo},
      {{"audited"}, kYes, kNo, kYes, kYes, kNo},
      {{"audited", "swiss", "pii"}, kYes, kNo, kRedact, kNo, kNo},
      {{"pii", "phi", "public"}, kYes, kNo, kNo, kNo, kNo},
      {{"never", "public"}, kNo, kNo, kNo, kNo, kNo},
      {{"misspelt"}, kYes, kNo, kNo, kNo, kNo},
  };
  for (const Row& row : rows) {
    const GuardDecision decision = decide(policy(), row.labels);
    const std::string labels = ::testing::PrintToString(row.labels);
    EXPECT_EQ(judge(decision, kOwn), row.own) << labels;
    EXPECT_EQ(judge(decision, kEu), row.eu) << labels;
    EXPECT_EQ(judge(decision, kSwiss), row.swiss) << labels;
    EXPECT_EQ(judge(decision, kUs), row.us) << labels;
    EXPECT_EQ(judge(decision, kUnknown), row.unknown) << labels;
  }
}

TEST(Policy, FindingsBringLabels) {
  const auto verdict = [](FindingKind kind, std::string rule) {
    const Result<Inspection> seen =
        Inspection{{{"messages[0]", kind, Confidence::certain, std::move(rule)}}, {}};
    return judge(decide(policy(), {}, seen), kEu);
  };
  EXPECT_EQ(verdict(FindingKind::email, "email"), Verdict::redact);
  EXPECT_EQ(verdict(FindingKind::national_id, "us_ssn"), Verdict::forbid);
  EXPECT_EQ(verdict(FindingKind::secret, "github"), Verdict::forbid);
  EXPECT_EQ(verdict(FindingKind::secret, "gitlab"), Verdict::allow);
}

TEST(Policy, WhatCouldNotBeSeenStaysLocal) {
  const Result<Inspection> failed = fail(ErrorCode::internal, "no memory");
  EXPECT_EQ(judge(decide(policy(), {}, failed), kSwiss), Verdict::forbid);
  EXPECT_EQ(judge(decide(policy(), {}, failed), kOwn), Verdict::allow);
  const Result<Inspection> tokens = Inspection{{}, {"prompts[0]"}};
  EXPECT_EQ(judge(decide(policy(), {}, tokens), kSwiss), Verdict::forbid);
  EXPECT_EQ(judge(decide({}, {}, tokens), kSwiss), Verdict::allow);
}

TEST(Policy, MistakesAreNamed) {
  EXPECT_TRUE(check_policy(policy()).has_value());
  EXPECT_EQ(check_policy({.labels = {}, .found = {{"emial", {}}}}).error().message,
            "no kind of finding is called \"emial\"");
  EXPECT_EQ(check_policy({.labels = {}, .found = {{"email", {"pii"}}}}).error().message,
            "the label \"pii\" of findings \"email\" has no rule");
}

std::optional<std::set<std::string>> random_names(Rng& rng) {
  if (rng.below(2) == 0) return std::nullopt;
  std::set<std::string> names;
  for (const char* name : {"a", "b", "c"}) {
    if (rng.below(2) == 0) names.insert(name);
  }
  return names;
}

// What one label alone forbids, said again in other words.
bool forbids(const GuardPolicy& policy, const std::string& label, const Destination& to) {
  if (!policy.labels.contains(label)) return !to.is_local;
  const LabelRule& rule = policy.labels.at(label);
  if (rule.block) return true;
  if (to.is_local) return false;
  const bool wrong_region = rule.regions && (to.region.empty() || rule.regions->count(to.region) == 0);
  const bool wrong_provider =
      rule.providers && (to.provider.empty() || rule.providers->count(to.provider) == 0);
  return rule.stay_local || wrong_region || wrong_provider;
}

TEST(Policy, NothingThatALabelForbidsIsEverAllowed) {
  Rng rng(4);
  int allowed = 0;
  for (int round = 0; round < 20'000; ++round) {
    GuardPolicy random;
    for (const char* label : {"l0", "l1", "l2", "l3"}) {
      random.labels[label] = {rng.below(8) == 0, rng.below(6) == 0, rng.below(3) == 0, random_names(rng),
                              random_names(rng)};
    }
    std::vector<std::string> labels;
    for (const char* label : {"l0", "l1", "l2", "l3", "unknown"}) {
      if (rng.below(4) == 0) labels.emplace_back(label);
    }
    const char* const names[] = {"", "a", "b", "c"};
    const Destination to{rng.below(4) == 0, names[rng.below(4)], names[rng.below(4)]};
    const Verdict verdict = judge(decide(random, labels), to);
    bool forbidden = false;
    bool redacted = false;
    for (const std::string& label : labels) {
      forbidden |= forbids(random, label, to);
      redacted |= random.labels.contains(label) && random.labels[label].redact;
    }
    const bool disjoint = verdict == Verdict::forbid && !forbidden;
    EXPECT_TRUE(!forbidden || verdict == Verdict::forbid);
    EXPECT_FALSE(disjoint);
    if (verdict != Verdict::forbid) {
      EXPECT_EQ(verdict == Verdict::redact, redacted && !to.is_local);
    }
    allowed += verdict != Verdict::forbid ? 1 : 0;
  }
  EXPECT_GT(allowed, 1000);
}

}  // namespace
}  // namespace ferry
