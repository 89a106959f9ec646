#include "infer/engine/speculation.h"

#include <algorithm>

#include "infer/draft/draft_lengths.h"

namespace ferry {

void Speculation::draft(StepPlan& plan, Scheduler& scheduler) {
  if (!on() || plan.answer_rows == 0) return;
  const int32_t spare = scheduler.spare_rows(plan);
  if (spare == 0) return;
  const std::vector<Offer> offers = collect(plan, scheduler);
  const std::vector<int32_t> lengths = choose(offers, plan, spare);
  for (size_t i = 0; i < offers.size(); ++i) {
    const auto& [drafting, planned] = offers[i];
    if (lengths[i] == 0) {
      drafting->acceptance.pass_over();
    } else {
      scheduler.draft(plan, *planned, std::span(drafting->guesses).first(static_cast<size_t>(lengths[i])));
    }
  }
}

std::vector<Speculation::Offer> Speculation::collect(StepPlan& plan, const Scheduler& scheduler) {
  std::vector<Offer> offers;
  for (PlannedSequence& planned : plan.sequences) {
    const int32_t most = std::min(options_.most_tokens, scheduler.most_drafts(planned));
    if (most == 0) continue;
    const SequenceId id = planned.ids.front();
    Drafting& drafting = this->drafting(id);
    drafting.guesses.clear();
    drafting.drafter->propose(scheduler.tokens(id), most, drafting.guesses);
    if (!drafting.guesses.empty()) offers.push_back({&drafting, &planned});
  }
  return offers;
}

std::vector<int32_t> Speculation::choose(const std::vector<Offer>& offers, const StepPlan& plan,
                                         int32_t spare) const {
  std::vector<DraftOffer> asked;
  std::vector<int32_t> all;
  for (const auto& [drafting, planned] : offers) {
    const auto guesses = static_cast<int32_t>(drafting->guesses.size());
    const Acceptance& acceptance = drafting->acceptance;
    asked.push_back({guesses, acceptance.probability(), acceptance.passed_over()});
    all.push_back(guesses);
  }
  return options_.adaptive ? draft_lengths(asked, plan.rows(), spare, costs_) : all;
}

void Speculation::took(const StepPlan& plan, double ms) {
  if (!on()) return;
  costs_.took(plan.rows(), ms);
  if (plan.draft_rows == 0) return;
  for (const PlannedSequence& planned : plan.sequences) {
    const auto guesses = static_cast<int32_t>(planned.drafts.size());
    if (guesses == 0) continue;
    sequences_.at(planned.ids.front()).acceptance.verified(guesses, planned.accepted);
    ++counters_.drafts;
    counters_.guesses += static_cast<uint64_t>(guesses);
    counters_.accepted += static_cast<uint64_t>(planned.accepted);
  }
}

Speculation::Drafting& Speculation::drafting(SequenceId id) {
  const auto found = sequences_.find(id);
  if (found != sequences_.end()) return found->second;
  return sequences_.emplace(id, Drafting{.drafter = options_.make_drafter()}).first->second;
}

}  // namespace ferry
