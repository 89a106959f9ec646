#include "serve/route/route_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/core/rng.h"
#include "serve/route/test_config.h"

namespace ferry {
namespace {

using route_test::all_well;
using route_test::config_of;
using route_test::names_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int64_t kMonday = 1767571200;  // 5 January 2026, 00:00 UTC

RoutePlan plan_of(const GatewayConfigPtr& config, const RouteFacts& facts) {
  return choose_targets(*config->route("r"), facts, all_well);
}

// The cause for which each target was left out, "target cause".
std::vector<std::string> excluded_of(const RoutePlan& plan) {
  std::vector<std::string> out;
  for (const Exclusion& exclusion : plan.excluded)
    out.push_back(exclusion.target->name + " " + std::string(to_string(exclusion.cause)));
  return out;
}

using Change = void (*)(RouteFacts&);

struct RuleCase {
  std::string_view condition;
  Change matching;
  Change other;
};

void nothing(RouteFacts&) {}

TEST(RouteRules, EachConditionDecides) {
  const RuleCase cases[] = {
      {"tags: {tier: [gold, silver]}",
       [](RouteFacts& f) {
         f.tags = {{"tier", "gold"}};
       },
       [](RouteFacts& f) {
         f.tags = {{"tier", "lead"}};
       }},
      {"tags: {tier: \"*\"}",
       [](RouteFacts& f) {
         f.tags = {{"tier", "x"}};
       },
       [](RouteFacts& f) {
         f.tags = {{"other", "x"}};
       }},
      {"tags: {a: 1, b: 2}",
       [](RouteFacts& f) {
         f.tags = {{"a", "1"}, {"b", "2"}};
       },
       [](RouteFacts& f) {
         f.tags = {{"a", "1"}};
       }},
      {"keys: [k1, k2]", [](RouteFacts& f) { f.key = "k2"; }, [](RouteFacts& f) { f.key = "k3"; }},
      {"teams: blue", [](RouteFacts& f) { f.team = "blue"; }, nothing},
      {"languages: [de, fr]", [](RouteFacts& f) { f.language = "fr"; },
       [](RouteFacts& f) { f.language = "en"; }},
      {"languages: unknown", nothing, [](RouteFacts& f) { f.language = "en"; }},
      {"labels: [phi]",
       [](RouteFacts& f) {
         f.labels = {"pii", "phi"};
       },
       [](RouteFacts& f) { f.labels = {"pii"}; }},
      {"characters: {least: 10, most: 20}", [](RouteFacts& f) { f.characters = 20; },
       [](RouteFacts& f) { f.characters = 21; }},
      {"characters: {least: 10}", [](RouteFacts& f) { f.characters = 10; },
       [](RouteFacts& f) { f.characters = 9; }},
      {"tokens: {least: 100}", [](RouteFacts& f) { f.size.prompt_bytes = 350; },
       [](RouteFacts& f) { f.size.prompt_bytes = 330; }},
      {"tokens: {most: 10}", [](RouteFacts& f) { f.size.prompt_tokens = 10; },
       [](RouteFacts& f) { f.size.prompt_tokens = 11; }},
      {"tools: true", [](RouteFacts& f) { f.uses_tools = true; }, nothing},
      {"tools: false", nothing, [](RouteFacts& f) { f.uses_tools = true; }},
      {"images: true", [](RouteFacts& f) { f.size.images = 1; }, nothing},
      {"time: {from: \"08:00\", to: \"18:00\"}", [](RouteFacts& f) { f.unix_s = kMonday + 8 * 3600; },
       [](RouteFacts& f) { f.unix_s = kMonday + 18 * 3600; }},
      {"time: {from: \"22:00\", to: \"06:00\", days: [mon]}",
       [](RouteFacts& f) { f.unix_s = kMonday + 29 * 3600; },
       [](RouteFacts& f) { f.unix_s = kMonday + 5 * 3600; }},
      {"time: {days: [sat, sun]}", [](RouteFacts& f) { f.unix_s = kMonday - 1; },
       [](RouteFacts& f) { f.unix_s = kMonday; }},
      {"time: {days: [mon], utc_offset: \"+02:00\"}", [](RouteFacts& f) { f.unix_s = kMonday - 7200; },
       [](RouteFacts& f) { f.unix_s = kMonday + 22 * 3600; }},
      {"time: {from: \"12:00\", utc_offset: \"-05:30\"}",
       [](RouteFacts& f) { f.unix_s = kMonday + 17 * 3600 + 1800; },
       [](RouteFacts& f) { f.unix_s = kMonday + 17 * 3600; }},
      {"teams: blue, tools: true",
       [](RouteFacts& f) {
         f.team = "blue";
         f.uses_tools = true;
       },
       [](RouteFacts& f) { f.team = "blue"; }},
  };
  for (const RuleCase& rule : cases) {
    const auto config = config_of("routes: {r: {targets: openai/big, when: [{name: it, if: {" +
                                  std::string(rule.condition) + "}, targets: openai/mini}]}}");
    ASSERT_TRUE(config);
    RouteFacts matching;
    rule.matching(matching);
    RouteFacts other;
    rule.other(other);
    const RoutePlan applied = plan_of(config, matching);
    EXPECT_THAT(names_of(applied), ElementsAre("openai/mini")) << rule.condition;
    EXPECT_EQ(applied.rule->name, "it");
    EXPECT_THAT(names_of(plan_of(config, other)), ElementsAre("openai/big")) << rule.condition;
  }
}

TEST(RouteRules, TheFirstThatHoldsIsTheOne) {
  const auto config = config_of(
      "routes: {r: {targets: openai/big, when: [{if: {tools: true}, targets: openai/mini}, "
      "{if: {teams: a}, targets: eu/small, fallbacks: openai/big}]}}");
  EXPECT_EQ(plan_of(config, {.team = "a", .uses_tools = true}).rule->name, "when[0]");
  EXPECT_THAT(names_of(plan_of(config, {.team = "a"})), ElementsAre("eu/small", "openai/big"));
}

TEST(RoutePlan, TargetsComeBeforeFallbacksAndParkedOnesNever) {
  const auto config = config_of(
      "routes: {r: {targets: [{target: openai/big, weight: 1e6}, {target: openai/mini, weight: 0.000001}, "
      "{target: eu/small, weight: 0}], fallbacks: [anthropic/claude, local/p]}}");
  const RoutePlan plan = plan_of(config, {.draw = 7});
  EXPECT_THAT(names_of(plan), ElementsAre("openai/big", "openai/mini", "anthropic/claude", "local/p"));
  EXPECT_EQ(plan.targets[1].role, TargetRole::primary);
  EXPECT_EQ(plan.targets[2].role, TargetRole::fallback);
  EXPECT_THAT(excluded_of(plan), ElementsAre("eu/small no_weight"));
}

struct GuardCase {
  std::vector<std::string> labels;
  std::vector<std::string> targets;
  bool redacted;  // those that leave
};

TEST(RoutePlan, GoesOnlyWhereLabelsAllow) {
  const auto config = config_of(
      "routes: {r: {targets: openai/big, fallbacks: [eu/small, local/p], "
      "shadow: [{target: anthropic/claude}]}}");
  const GuardCase cases[] = {
      {{}, {"openai/big", "eu/small", "local/p"}, false},
      {{"phi"}, {"local/p"}, false},
      {{"eu_only"}, {"eu/small", "local/p"}, false},
      {{"pii"}, {"openai/big", "eu/small", "local/p"}, true},
      {{"pii", "eu_only"}, {"eu/small", "local/p"}, true},
      {{"nobody knows"}, {"local/p"}, false},
      {{"secret"}, {}, false},
  };
  for (const GuardCase& guard : cases) {
    const RoutePlan plan =
        plan_of(config, {.labels = guard.labels, .guard = decide(config->policy, guard.labels)});
    EXPECT_EQ(names_of(plan), guard.targets);
    for (const PlannedTarget& planned : plan.targets)
      EXPECT_EQ(planned.redact, guard.redacted && !planned.target->is_local());
    const bool may_leave = guard.labels.empty() || guard.labels == std::vector<std::string>{"pii"};
    EXPECT_EQ(plan.shadows.size(), may_leave ? 1u : 0u);
    for (const PlannedShadow& shadow : plan.shadows) EXPECT_EQ(shadow.redact, guard.redacted);
  }
}

TEST(RoutePlan, FeaturesAreRejectedDroppedOrWarnedAbout) {
  for (const std::string policy : {"reject", "drop", "warn"}) {
    const auto config =
        config_of("routes: {r: {targets: openai/big, fallbacks: [local/p], on_unsupported: " + policy + "}}");
    const auto view = [](const TargetConfig& target) {
      return TargetState{.lacks =
                             target.is_local() ? FeatureSet{Feature::images, Feature::user} : FeatureSet{}};
    };
    const auto plan = [&](FeatureSet uses) {
      return choose_targets(*config->route("r"), {.uses = uses}, view);
    };
    EXPECT_EQ(plan({Feature::images}).targets.size(), policy == "reject" ? 1u : 2u);
    EXPECT_EQ(plan({Feature::seed}).targets.size(), 2u);
    const RoutePlan advisory = plan({Feature::user});
    ASSERT_EQ(advisory.targets.size(), 2u) << "advice is never refused";
    EXPECT_EQ(advisory.targets[1].missing, FeatureSet{Feature::user});
    if (policy == "reject") continue;
    EXPECT_EQ(plan({Feature::images}).targets[1].missing, FeatureSet{Feature::images});
  }
}

TEST(RoutePlan, WhatNobodyCanLeaveOutIsRefusedUnderEveryPolicy) {
  const auto config = config_of("routes: {r: {targets: openai/big, on_unsupported: drop}}");
  const auto view = [](const TargetConfig&) { return TargetState{.lacks = {Feature::prompts}}; };
  const RoutePlan plan = choose_targets(*config->route("r"), {.uses = {Feature::prompts}}, view);
  EXPECT_THAT(plan.targets, IsEmpty());
  EXPECT_EQ(refusal(plan).code, ErrorCode::invalid_argument);
  EXPECT_THAT(refusal(plan).message, HasSubstr("openai/big lacks prompts"));
}

TEST(RoutePlan, TheFilesOwnFeaturesCountToo) {
  const auto reading = read_gateway_config(
      "providers: {local: {models: {p: {without: [tools]}}}}\nroutes: {r: {targets: local/p}}");
  ASSERT_TRUE(reading.config);
  EXPECT_THAT(names_of(plan_of(reading.config, {.uses = {Feature::tools}})), IsEmpty());
}

TEST(RoutePlan, PromptsThatAreSurelyTooLongAreNotSent) {
  const auto config = config_of("routes: {r: {targets: eu/small}}");
  EXPECT_EQ(plan_of(config, {.size = {.prompt_bytes = 7000}}).targets.size(),
            1u);  // about 2000: cannot be sure
  const RoutePlan plan = plan_of(config, {.size = {.prompt_bytes = 8000}});
  EXPECT_THAT(excluded_of(plan), ElementsAre("eu/small context"));
  EXPECT_THAT(refusal(plan).message, HasSubstr("too long: of eu/small, its context is 1000 tokens"));
  EXPECT_EQ(plan_of(config, {.size = {.prompt_tokens = 1000}}).targets.size(), 1u);
  EXPECT_EQ(plan_of(config, {.size = {.prompt_tokens = 1001}}).targets.size(), 0u);
}

TEST(RoutePlan, MaxCostLeavesOutWhatMayCostMore) {
  const auto config =
      config_of("routes: {r: {targets: openai/big, fallbacks: [openai/mini, local/p], max_cost: 0.001}}");
  // 1,000,000 tokens of answer would cost 8 and 2.
  const RoutePlan cheap =
      plan_of(config, {.size = {.prompt_bytes = 100, .max_tokens = 50}, .unix_s = kMonday});
  EXPECT_EQ(cheap.targets.size(), 3u);
  EXPECT_EQ(cheap.targets[0].estimate, (100 + 64) * 2000 + 50 * 8000);
  EXPECT_FALSE(cheap.targets[2].estimate);
  const RoutePlan dear =
      plan_of(config, {.size = {.prompt_bytes = 100, .max_tokens = 200}, .unix_s = kMonday});
  EXPECT_THAT(names_of(dear), ElementsAre("openai/mini", "local/p"));
  EXPECT_THAT(dear.excluded[0].detail, HasSubstr("it may cost 0.001928, which is more than 0.001"));
}

TEST(RoutePlan, ATargetWithoutAPriceOnThatDayIsTooDear) {
  const auto reading = read_gateway_config(
      "providers: {a: {dialect: openai, url: \"https://a.example\"}}\n"
      "prices: {a/m: [{from: 2026-01-05, input: 1, output: 1}]}\n"
      "routes: {r: {targets: a/m, budget: b}}\n");
  ASSERT_TRUE(reading.config);
  EXPECT_EQ(plan_of(reading.config, {.unix_s = kMonday}).targets.size(), 1u);
  const RoutePlan before = plan_of(reading.config, {.unix_s = kMonday - 1});
  EXPECT_THAT(excluded_of(before), ElementsAre("a/m cost"));
  EXPECT_THAT(refusal(before).message, HasSubstr("no price on this day"));
}

TEST(RoutePlan, UnavailableTargetsAreLeftOutAndTheSoonestIsTold) {
  const auto config = config_of("routes: {r: {targets: openai/big, fallbacks: [openai/mini]}}");
  const auto view = [](const TargetConfig& target) {
    return TargetState{.available = false, .retry_after = Duration(target.model == "big" ? 9000 : 4000)};
  };
  const RoutePlan plan = choose_targets(*config->route("r"), {}, view);
  EXPECT_THAT(plan.targets, IsEmpty());
  EXPECT_EQ(plan.retry_after, Duration(4000));
  EXPECT_EQ(refusal(plan).code, ErrorCode::unavailable);
}

TEST(RoutePlan, SlowTargetsComeLastAndDoNotGoFirstInACascade) {
  const auto config = config_of(
      "routes: {r: {targets: openai/big, fallbacks: [openai/mini], max_latency: 2s, "
      "cascade: {first: local/p, refusal: true}}}");
  const auto view = [](const TargetConfig& target) {
    return TargetState{.latency = Duration(target.model == "mini" ? 100 : 2001)};
  };
  const RoutePlan plan = choose_targets(*config->route("r"), {}, view);
  EXPECT_THAT(names_of(plan), ElementsAre("openai/mini", "openai/big"));
  EXPECT_THAT(excluded_of(plan), ElementsAre("local/p latency"));
  EXPECT_TRUE(plan.targets[1].slow);
  EXPECT_THAT(names_of(plan_of(config, {})), ElementsAre("local/p", "openai/big", "openai/mini"));
}

TEST(RoutePlan, ACascadesFirstTargetIsNotAskedAgain) {
  const auto config = config_of(
      "routes: {r: {targets: openai/big, fallbacks: [local/p], cascade: {first: local/p, length: true}}}");
  const RoutePlan plan = plan_of(config, {});
  EXPECT_THAT(names_of(plan), ElementsAre("local/p", "openai/big"));
  EXPECT_EQ(plan.targets[0].role, TargetRole::cascade);
  EXPECT_THAT(excluded_of(plan), ElementsAre("local/p duplicate"));
}

TEST(RoutePlan, ShadowsAreSampledAndNeverTheTargetItself) {
  const auto config = config_of(
      "routes: {r: {targets: openai/big, shadow: [{target: openai/mini, share: 0.25}, "
      "{target: openai/big}]}}");
  int sampled = 0;
  for (uint64_t draw = 0; draw < 20000; ++draw) {
    const RoutePlan plan = plan_of(config, {.draw = draw});
    sampled += plan.shadows.empty() ? 0 : 1;
    ASSERT_LE(plan.shadows.size(), 1u);
  }
  EXPECT_NEAR(sampled, 5000, 5 * 61);  // five standard deviations
}

TEST(RoutePlan, SharesAreTheWeights) {
  const auto config = config_of(
      "routes: {r: {targets: [{target: openai/big, weight: 1}, {target: openai/mini, weight: 2.5}, "
      "{target: eu/small, weight: 6.5}]}}");
  std::map<std::string, int> counts;
  constexpr int kDraws = 100000;
  Rng rng(3);
  for (int i = 0; i < kDraws; ++i) ++counts[plan_of(config, {.draw = rng.next()}).targets[0].target->name];
  EXPECT_NEAR(counts["openai/big"], 10000, 5 * 95);
  EXPECT_NEAR(counts["openai/mini"], 25000, 5 * 137);
  EXPECT_NEAR(counts["eu/small"], 65000, 5 * 151);
}

TEST(RoutePlan, ConversationsStayWhereTheyAreAndMoveNoMoreThanTheyMust) {
  const auto routes = [](const std::string& weights) {
    return config_of("routes: {r: {sticky: conversation, targets: [" + weights + "]}}");
  };
  const auto before = routes("{target: openai/big, weight: 5}, {target: openai/mini, weight: 5}");
  const auto same = routes("{target: openai/mini, weight: 5}, {target: openai/big, weight: 5}");
  const auto after = routes("{target: openai/big, weight: 5}, {target: openai/mini, weight: 6}");
  const auto third =
      routes("{target: openai/big, weight: 5}, {target: openai/mini, weight: 5}, {target: eu/small}");
  Rng rng(5);
  int moved = 0;
  int to_third = 0;
  constexpr int kConversations = 50000;
  for (int i = 0; i < kConversations; ++i) {
    const RouteFacts facts{.conversation = rng.next(), .draw = rng.next()};
    const auto first = [&](const GatewayConfigPtr& config) {
      return plan_of(config, facts).targets[0].target->name;
    };
    const std::string here = first(before);
    EXPECT_EQ(first(same), here) << "the order in the file does not matter";
    const std::string there = first(after);
    if (there != here) {
      EXPECT_EQ(there, "openai/mini") << "only who gained weight gains conversations";
      ++moved;
    }
    const std::string with_third = first(third);
    if (with_third != here) {
      EXPECT_EQ(with_third, "eu/small");
      ++to_third;
    }
  }
  EXPECT_NEAR(moved, kConversations * (6.0 / 11 - 0.5), 5 * 47);
  EXPECT_NEAR(to_third, kConversations / 11.0, 5 * 64);
}

TEST(RoutePlan, WithoutAConversationADrawDecides) {
  const auto config =
      config_of("routes: {r: {sticky: {header: X-Session}, targets: [openai/big, openai/mini]}}");
  EXPECT_EQ(config->route("r")->sticky.header, "x-session");
  EXPECT_EQ(plan_of(config, {.draw = 1}).chosen_by, StickyConfig::By::draw);
  const RoutePlan plan = plan_of(config, {.conversation = 4, .draw = 1});
  EXPECT_EQ(plan.chosen_by, StickyConfig::By::header);
  EXPECT_EQ(names_of(plan), names_of(plan_of(config, {.conversation = 4, .draw = 2})));
}

// Whatever the facts are, the plan keeps the guard's rules and says why each other target is not in it.
TEST(RoutePlan, NeverNamesATargetThatTheGuardForbids) {
  const auto config = config_of(
      "routes: {r: {targets: [openai/big, {target: eu/small, weight: 3}], fallbacks: [anthropic/claude, "
      "local/p], "
      "max_cost: 0.01, shadow: [{target: openai/mini, share: 0.5}, {target: local/q}], "
      "cascade: {first: local/q, refusal: true}, when: [{if: {tools: true}, targets: openai/mini, "
      "fallbacks: [local/p]}]}}");
  ASSERT_TRUE(config);
  const std::vector<std::string> labels{"phi", "eu_only", "pii", "secret", "unheard of"};
  Rng rng(11);
  for (int i = 0; i < 20000; ++i) {
    RouteFacts facts{.uses_tools = rng.below(3) == 0, .unix_s = kMonday, .draw = rng.next()};
    for (const std::string& label : labels) {
      if (rng.below(5) == 0) facts.labels.push_back(label);
    }
    facts.guard = decide(config->policy, facts.labels);
    facts.size = {.prompt_bytes = static_cast<int64_t>(rng.below(20000)), .max_tokens = 1};
    if (rng.below(2) == 0) facts.conversation = rng.next();
    const uint64_t seed = rng.next();
    const auto view = [&](const TargetConfig& target) {
      Rng state(seed ^ target.name.size());
      return TargetState{.available = state.below(4) != 0,
                         .latency = Duration(static_cast<int64_t>(state.below(9)))};
    };
    const RoutePlan plan = choose_targets(*config->route("r"), facts, view);
    const auto check = [&](const TargetConfig& target, bool redact) {
      const Verdict verdict = judge(facts.guard, target.destination());
      ASSERT_NE(verdict, Verdict::forbid) << target.name;
      ASSERT_EQ(redact, verdict == Verdict::redact) << target.name;
    };
    for (const PlannedTarget& planned : plan.targets) check(*planned.target, planned.redact);
    for (const PlannedShadow& shadow : plan.shadows) check(*shadow.target, shadow.redact);
    const size_t named = (plan.rule != nullptr ? 2u : 4u) + 2u + 1u;
    ASSERT_EQ(plan.targets.size() + plan.shadows.size() + plan.excluded.size(), named);
    EXPECT_EQ(explain_text(plan), explain_text(choose_targets(*config->route("r"), facts, view)));
  }
}

TEST(RoutePlan, IsExplainedInWordsAndInJson) {
  const auto config = config_of(
      "routes: {r: {targets: openai/big, fallbacks: [eu/small, local/p], shadow: [{target: "
      "anthropic/claude}]}}");
  const RoutePlan plan = plan_of(
      config,
      {.guard = decide(config->policy, std::vector<std::string>{"eu_only", "pii"}), .unix_s = kMonday});
  EXPECT_EQ(explain_text(plan),
            "route r\n"
            "  1. eu/small  (fallback; with findings replaced; costs at most 0.000164)\n"
            "  2. local/p  (fallback)\n"
            "  -  openai/big  (residency: eu_only, pii)\n"
            "  -  anthropic/claude  (shadow; residency: eu_only, pii)\n");
  const auto document = parse_json(explain_json(plan), "plan");
  ASSERT_TRUE(document);
  const json::object& object = document->as_object();
  EXPECT_EQ(object.at("targets").as_array().size(), 2u);
  EXPECT_EQ(object.at("targets").as_array()[0].as_object().at("target").as_string(), "eu/small");
  EXPECT_EQ(object.at("excluded").as_array()[1].as_object().at("cause").as_string(), "residency");
  EXPECT_TRUE(object.at("refusal").is_null());
  const RoutePlan refused =
      plan_of(config, {.guard = decide(config->policy, std::vector<std::string>{"secret"})});
  EXPECT_THAT(explain_text(refused), HasSubstr("refused: r: no target may be told of the request (secret)"));
}

}  // namespace
}  // namespace ferry
