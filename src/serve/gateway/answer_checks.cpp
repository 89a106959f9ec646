#include "serve/gateway/answer_checks.h"

#include <algorithm>

#include "base/core/utf8.h"
#include "base/schema/pattern.h"
#include "serve/gateway/format_check.h"
#include "serve/gateway/moderation.h"
#include "serve/gateway/refusal_text.h"
#include "serve/guard/exchange_walk.h"

namespace ferry {
namespace {

constexpr size_t kMostReplyBytes = 80;

uint32_t only(FindingKind kind) {
  return 1U << static_cast<unsigned>(kind);
}

// The first line of a classifier's reply, cut.
std::string shown(std::string_view reply) {
  while (!reply.empty() && (reply.front() == '\n' || reply.front() == ' ')) reply.remove_prefix(1);
  reply = reply.substr(0, std::min(reply.find('\n'), kMostReplyBytes));
  reply.remove_suffix(incomplete_utf8_tail(reply));
  return std::string(reply);
}

struct LogprobSum {
  double sum = 0;
  double least = 0;
  int64_t tokens = 0;
  bool is_known = true;  // of every choice that says something
};

LogprobSum sum_of(const GenerationResult& result) {
  LogprobSum all;
  for (const GenerationChoice& choice : result.choices) {
    const bool says_something = !choice.text.empty() || !choice.thought.empty() || !choice.calls.empty();
    if (says_something && choice.logprobs.empty()) all.is_known = false;
    for (const TokenLogprob& token : choice.logprobs) {
      all.sum += token.chosen.logprob;
      all.least = std::min(all.least, static_cast<double>(token.chosen.logprob));
      ++all.tokens;
    }
  }
  if (all.tokens == 0) all.is_known = false;
  return all;
}

// What is not a number is below, too.
std::optional<std::string> below(std::string_view rule, double value, const std::optional<double>& bound,
                                 bool is_known) {
  if (!bound) return std::nullopt;
  if (!is_known) return fmt::format("{}: no logprobs", rule);
  if (value >= *bound) return std::nullopt;
  return fmt::format("{} {:.2f} < {:g}", rule, value, *bound);
}

std::optional<std::string> refusal_of(const GenerationChoice& choice) {
  if (choice.finish == FinishReason::content_filter) return "refusal: a content filter";
  if (!choice.refusal.empty()) return "refusal: the model's own";
  if (reads_as_refusal(choice.text)) return "refusal: the text reads as one";
  return std::nullopt;
}

}  // namespace

struct AnswerChecks::Compiled {
  std::optional<CascadeConfig> cascade;
  GuardrailConfig guardrails;
  std::shared_ptr<const Detectors> cascade_regex;  // null: none
  std::optional<JsonSchema> cascade_schema;
  std::shared_ptr<const Detectors> words;  // null: none
  std::optional<JsonSchema> guardrail_schema;
  std::optional<Pattern> classifier_blocks;

  Result<void> compile_cascade();
  Result<void> compile_guardrails();

  std::optional<std::string> logprob_reason(const GenerationResult& result) const;
  std::optional<std::string> text_reason(const GenerationRequest& request,
                                         const GenerationChoice& choice) const;
};

Result<void> AnswerChecks::Compiled::compile_cascade() {
  if (!cascade) return {};
  if (!cascade->regex.empty()) {
    DetectorSettings settings{.kinds = only(FindingKind::custom)};
    settings.regexes.push_back(
        {.name = "cascade.regex", .pattern = cascade->regex, .max_bytes = kMaxPatternBytes});
    FERRY_TRY(cascade_regex, Detectors::compile(settings));
  }
  if (!cascade->schema.is_null()) {
    auto schema = JsonSchema::compile(cascade->schema);
    if (!schema) return tl::unexpected(std::move(schema).error().within("cascade.schema"));
    cascade_schema = *std::move(schema);
  }
  return {};
}

Result<void> AnswerChecks::Compiled::compile_guardrails() {
  if (!guardrails.words.empty()) {
    DetectorSettings settings{.kinds = only(FindingKind::name)};
    settings.lists.push_back({.name = "guardrails.words", .names = guardrails.words});
    FERRY_TRY(words, Detectors::compile(settings));
  }
  if (!guardrails.schema.is_null()) {
    auto schema = JsonSchema::compile(guardrails.schema);
    if (!schema) return tl::unexpected(std::move(schema).error().within("guardrails.schema"));
    guardrail_schema = *std::move(schema);
  }
  if (!guardrails.classifier) return {};
  auto blocks = Pattern::compile(guardrails.classifier->blocks);
  if (!blocks) return tl::unexpected(std::move(blocks).error().within("guardrails.classifier.blocks"));
  classifier_blocks = *std::move(blocks);
  return {};
}

AnswerChecks::AnswerChecks(std::unique_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
AnswerChecks::~AnswerChecks() = default;

Result<std::shared_ptr<const AnswerChecks>> AnswerChecks::compile(const RouteConfig& route) {
  auto compiled = std::make_unique<Compiled>();
  compiled->cascade = route.cascade;
  compiled->guardrails = route.guardrails;
  const auto told = [&](Result<void> result) -> Result<void> {
    if (!result) return tl::unexpected(std::move(result).error().within("route " + route.name));
    return result;
  };
  FERRY_TRY_VOID(told(compiled->compile_cascade()));
  FERRY_TRY_VOID(told(compiled->compile_guardrails()));
  return std::shared_ptr<const AnswerChecks>(new AnswerChecks(std::move(compiled)));
}

bool AnswerChecks::wants_logprobs() const {
  const auto& cascade = compiled_->cascade;
  return cascade && (cascade->mean_logprob || cascade->min_logprob);
}

std::optional<std::string> AnswerChecks::Compiled::logprob_reason(const GenerationResult& result) const {
  if (!cascade->mean_logprob && !cascade->min_logprob) return std::nullopt;
  const LogprobSum all = sum_of(result);
  const double mean = all.tokens > 0 ? all.sum / static_cast<double>(all.tokens) : 0;
  if (auto reason = below("mean_logprob", mean, cascade->mean_logprob, all.is_known)) return reason;
  return below("min_logprob", all.least, cascade->min_logprob, all.is_known);
}

std::optional<std::string> AnswerChecks::Compiled::text_reason(const GenerationRequest& request,
                                                               const GenerationChoice& choice) const {
  const bool is_text = choice.calls.empty();
  if (cascade_regex && is_text) {
    const auto findings = cascade_regex->find(choice.text);
    const bool matches = std::any_of(findings.begin(), findings.end(),
                                     [](const Finding& one) { return one.kind == FindingKind::custom; });
    if (!matches) return "regex: nothing in the text matches";
  }
  if (cascade_schema && is_text) {
    if (const auto problem = schema_problem(*cascade_schema, choice.text)) return "schema: " + *problem;
  }
  if (cascade->requested_schema) {
    if (const auto problem = format_problem(request, choice)) return "schema of the request: " + *problem;
  }
  return std::nullopt;
}

std::optional<std::string> AnswerChecks::reason_to_escalate(const GenerationRequest& request,
                                                            const GenerationResult& result) const {
  const auto& cascade = compiled_->cascade;
  if (!cascade) return std::nullopt;
  if (result.choices.empty()) return "the answer is empty";
  for (const GenerationChoice& choice : result.choices) {
    if (cascade->length_cut && choice.finish == FinishReason::length) return "length: cut at its limit";
  }
  for (const GenerationChoice& choice : result.choices) {
    if (!cascade->refusal) break;
    if (auto reason = refusal_of(choice)) return reason;
  }
  if (auto reason = compiled_->logprob_reason(result)) return reason;
  for (const GenerationChoice& choice : result.choices) {
    if (auto reason = compiled_->text_reason(request, choice)) return reason;
  }
  return std::nullopt;
}

bool AnswerChecks::has_guardrails() const {
  return !compiled_->guardrails.empty();
}

GuardrailConfig::Action AnswerChecks::action() const {
  return compiled_->guardrails.action;
}

bool AnswerChecks::needs_whole_answer() const {
  return action() == GuardrailConfig::Action::block &&
         (compiled_->guardrail_schema || compiled_->guardrails.classifier);
}

std::optional<std::string> AnswerChecks::guardrail_finding(const GenerationResult& result) const {
  if (compiled_->words) {
    if (auto found = find_words(*compiled_->words, result)) return found;
  }
  if (!compiled_->guardrail_schema) return std::nullopt;
  for (size_t i = 0; i < result.choices.size(); ++i) {
    const GenerationChoice& choice = result.choices[i];
    if (!choice.calls.empty()) continue;
    if (const auto problem = schema_problem(*compiled_->guardrail_schema, choice.text))
      return fmt::format("schema: choice {}: {}", i, *problem);
  }
  return std::nullopt;
}

std::unique_ptr<AnswerWatch> AnswerChecks::watch(const GenerationRequest& request) const {
  if (!compiled_->words) return nullptr;
  const auto form =
      answer_form(request) == RestoreStream::Form::json ? AnswerWatch::Form::json : AnswerWatch::Form::text;
  const auto hold =
      action() == GuardrailConfig::Action::block ? AnswerWatch::Hold::words : AnswerWatch::Hold::nothing;
  return std::make_unique<AnswerWatch>(compiled_->words, form, hold);
}

const TargetConfig* AnswerChecks::classifier() const {
  const auto& classifier = compiled_->guardrails.classifier;
  return classifier ? classifier->target : nullptr;
}

GenerationRequest AnswerChecks::moderation_request(const GenerationRequest& request,
                                                   const GenerationChoice& choice) const {
  FERRY_CHECK(classifier() != nullptr);
  return ferry::moderation_request(*compiled_->guardrails.classifier, request, choice);
}

std::optional<std::string> AnswerChecks::classifier_finding(const GenerationResult& reply) const {
  FERRY_CHECK(classifier() != nullptr);
  const std::string text = reply.choices.empty() ? std::string() : reply.choices.front().text;
  if (text.find_first_not_of(" \n\r\t") == std::string::npos) return "classifier: it said nothing";
  const auto found = compiled_->classifier_blocks->search(text);
  if (!found) return "classifier: " + found.error().message;
  return *found ? std::optional("classifier: " + shown(text)) : std::nullopt;
}

}  // namespace ferry
