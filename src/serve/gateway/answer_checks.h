#pragma once
// What a route demands of its answers, compiled once for each configuration: when the cascade escalates, and
// what the guardrails say. docs/routes.md has the rules in the words of their users.

#include <memory>
#include <optional>
#include <string>

#include "serve/dialects/exchange.h"
#include "serve/gateway/answer_watch.h"
#include "serve/route/route_config.h"

namespace ferry {

// Immutable; any thread. Pure functions of request and answer, which return quickly even where a client's
// schema means harm (base/schema bounds its work).
class AnswerChecks {
 public:
  // Errors: which of the route's expressions, schemas or words do not work, and why.
  static Result<std::shared_ptr<const AnswerChecks>> compile(const RouteConfig& route);
  ~AnswerChecks();
  AnswerChecks(const AnswerChecks&) = delete;
  AnswerChecks& operator=(const AnswerChecks&) = delete;

  // The cascade. Without one: nothing ever escalates.

  // The first model's answer must come with its tokens' log-probabilities, whether the client wants them or
  // not.
  bool wants_logprobs() const;
  // Why the first model's whole answer does not count, in words for the record: "mean_logprob -2.31 < -1.5";
  // nothing: it counts. A rule whose ground is missing speaks against the answer: "mean_logprob: no
  // logprobs". Rules look at every choice, the cheapest rule first:
  //   length        a choice was cut at its limit
  //   refusal       a refusal of its own field, a content filter, or refusal_in() of the text
  //   mean_logprob, min_logprob   over the tokens of all choices
  //   regex         nothing in a choice's text matches; a choice that calls tools instead is passed over
  //   schema        a choice's text is no JSON or does not keep to the route's schema; calls are passed over
  //   schema: request   its text does not keep to the request's own format, or its calls' arguments to the
  //                     parameters of the tools that were offered
  std::optional<std::string> reason_to_escalate(const GenerationRequest& request,
                                                const GenerationResult& result) const;

  // The guardrails. A finding blocks the answer, or is only recorded, as action() says.

  bool has_guardrails() const;
  GuardrailConfig::Action action() const;
  // The answer can be judged only when it is whole, and a finding blocks: nothing may go out before.
  bool needs_whole_answer() const;
  // What words and schema find in a whole answer: which rule, where, and the word; never more of the answer.
  // Words are looked for in thoughts, texts, refusals, calls' arguments and parts of other kinds (in JSON: in
  // the decoded strings); the schema holds for the text of every choice that does not call tools.
  std::optional<std::string> guardrail_finding(const GenerationResult& result) const;
  // Looks for the words in a stream of deltas and holds back what could become one, or, where a finding only
  // flags, holds nothing back. Null: the route has no words.
  std::unique_ptr<AnswerWatch> watch(const GenerationRequest& request) const;

  // The model that moderates; null: none. As long-lived as the configuration.
  const TargetConfig* classifier() const;
  // What it is asked about one choice of the answer: the conversation's texts as user's and assistant's turns
  // in turn (tool results are the user's, instructions are left out), the choice as the last turn of the
  // assistant; greedy and short. REQUIRES: classifier().
  GenerationRequest moderation_request(const GenerationRequest& request,
                                       const GenerationChoice& choice) const;
  // What its reply means: a finding where `blocks` matches it, and where it says nothing at all. Whoever
  // cannot ask it must take that for a finding, too.
  std::optional<std::string> classifier_finding(const GenerationResult& reply) const;

 private:
  struct Compiled;
  explicit AnswerChecks(std::unique_ptr<const Compiled> compiled);

  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace ferry
