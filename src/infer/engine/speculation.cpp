#include "infer/engine/speculation.h"

#include <algorithm>

#include "infer/draft/draft_lengths.h"

namespace ferry {
namespace {

// Nobody knows how long an answer will be: what it costs to begin with guesses must pay within so many
// tokens.
constexpr int32_t kForeseeable = 256;

// As they come, as long as there are rows.
std::vector<int32_t> all_that_fit(std::span<const int32_t> guesses, int32_t spare) {
  std::vector<int32_t> lengths;
  for (const int32_t count : guesses) {
    lengths.push_back(std::min(count, spare));
    spare -= lengths.back();
  }
  return lengths;
}

}  // namespace

void Speculation::draft(StepPlan& plan, Scheduler& scheduler) {
  forced_.clear();
  if (!on() || plan.answer_rows == 0 || scheduler.spare_rows(plan) == 0) return;
  Wishes wishes = collect(plan, scheduler);
  if (options_.forced) draft_forced(wishes, plan, scheduler);
  if (wishes.requests.empty() || options_.drafter == nullptr) return;
  options_.drafter->costly() ? propose_worthwhile(wishes, plan, scheduler)
                             : keep_worthwhile(wishes, plan, scheduler);
  for (size_t i = 0; i < wishes.requests.size(); ++i) {
    const std::vector<TokenId>& guesses = wishes.requests[i].guesses;
    if (!guesses.empty()) scheduler.draft(plan, *wishes.planned[i], guesses);
  }
}

// The answers that may get guesses in this step.
Speculation::Wishes Speculation::collect(StepPlan& plan, const Scheduler& scheduler) {
  Wishes wishes;
  for (PlannedSequence& planned : plan.sequences) {
    const int32_t most = std::min(options_.most_tokens, scheduler.most_drafts(planned));
    if (most == 0) continue;
    const SequenceId id = planned.ids.front();
    wishes.requests.push_back({.id = id, .tokens = scheduler.tokens(id), .most = most});
    wishes.planned.push_back(&planned);
  }
  return wishes;
}

// Text that must come next, before the drafter is asked. Takes its answers out of the wishes.
void Speculation::draft_forced(Wishes& wishes, StepPlan& plan, Scheduler& scheduler) {
  Wishes sure;
  std::vector<int32_t> there;
  std::vector<int32_t> others;
  for (size_t i = 0; i < wishes.requests.size(); ++i) {
    std::vector<TokenId> tokens = options_.forced(wishes.requests[i].id, wishes.requests[i].most);
    others.push_back(tokens.empty() ? wishes.requests[i].most : 0);
    if (tokens.empty()) continue;
    there.push_back(static_cast<int32_t>(tokens.size()));
    sure.requests.push_back(wishes.requests[i]);
    sure.requests.back().guesses = std::move(tokens);
    sure.planned.push_back(wishes.planned[i]);
  }
  wishes.keep(others);
  if (sure.requests.empty()) return;
  const auto acceptance = [this](SequenceId) -> Acceptance& { return forced_acceptance_; };
  const auto no_ms = [](int32_t) { return 0.0; };
  const std::vector<int32_t> lengths = choose(sure, there, plan, scheduler, acceptance, no_ms);
  for (size_t i = 0; i < lengths.size(); ++i) {
    if (lengths[i] == 0) continue;
    const std::span<const TokenId> guesses = sure.requests[i].guesses;
    scheduler.draft(plan, *sure.planned[i], guesses.first(static_cast<size_t>(lengths[i])));
    forced_.insert(sure.requests[i].id);
  }
}

void Speculation::Wishes::keep(std::span<const int32_t> lengths) {
  size_t kept = 0;
  for (size_t i = 0; i < lengths.size(); ++i) {
    if (lengths[i] == 0) continue;
    if (kept < i) requests[kept] = std::move(requests[i]);
    planned[kept++] = planned[i];
  }
  requests.resize(kept);
  planned.resize(kept);
}

// Where guesses take time: first how many, then which.
void Speculation::propose_worthwhile(Wishes& wishes, const StepPlan& plan, const Scheduler& scheduler) {
  std::vector<int32_t> possible;
  for (DraftRequest& request : wishes.requests) {
    options_.drafter->quote(request);
    possible.push_back(request.most);
  }
  std::vector<int32_t> lengths = choose_drafted(wishes, possible, plan, scheduler);
  for (size_t i = 0; i < lengths.size(); ++i) wishes.requests[i].most = lengths[i];
  wishes.keep(lengths);
  if (wishes.requests.empty()) {
    usual_.pass_over();
  } else {
    options_.drafter->propose(wishes.requests);
  }
}

// Where they take none: first which, then how many of them are worth a row.
void Speculation::keep_worthwhile(Wishes& wishes, const StepPlan& plan, const Scheduler& scheduler) {
  options_.drafter->propose(wishes.requests);
  std::vector<int32_t> there;
  for (const DraftRequest& request : wishes.requests) {
    there.push_back(static_cast<int32_t>(request.guesses.size()));
  }
  wishes.keep(there);
  std::erase(there, 0);
  const std::vector<int32_t> lengths = choose_drafted(wishes, there, plan, scheduler);
  for (size_t i = 0; i < lengths.size(); ++i) {
    wishes.requests[i].guesses.resize(static_cast<size_t>(lengths[i]));
  }
}

std::vector<int32_t> Speculation::choose_drafted(const Wishes& wishes, std::span<const int32_t> guesses,
                                                 const StepPlan& plan, const Scheduler& scheduler) {
  return choose(
      wishes, guesses, plan, scheduler, [this](SequenceId id) -> Acceptance& { return acceptance(id); },
      [this](int32_t sequences) { return options_.drafter->guess_ms(sequences); });
}

// How many of each one's guesses to verify.
std::vector<int32_t> Speculation::choose(const Wishes& wishes, std::span<const int32_t> guesses,
                                         const StepPlan& plan, const Scheduler& scheduler,
                                         FunctionRef<Acceptance&(SequenceId)> acceptance_of,
                                         GuessMs guess_ms) {
  const int32_t spare = scheduler.spare_rows(plan);
  if (!options_.adaptive) return all_that_fit(guesses, spare);
  std::vector<DraftOffer> offers;
  for (size_t i = 0; i < guesses.size(); ++i) {
    const Acceptance& acceptance = acceptance_of(wishes.requests[i].id);
    offers.push_back({.guesses = guesses[i],
                      .probability = acceptance.probability(),
                      .passed_over = acceptance.passed_over(),
                      .reading_ms = wishes.requests[i].reading_ms,
                      .tokens_left = std::min(kForeseeable, scheduler.most_drafts(*wishes.planned[i]))});
  }
  std::vector<int32_t> lengths = draft_lengths(offers, plan.rows(), spare, costs_, guess_ms);
  for (size_t i = 0; i < lengths.size(); ++i) {
    if (lengths[i] == 0 && guesses[i] > 0) acceptance_of(wishes.requests[i].id).pass_over();
  }
  return lengths;
}

void Speculation::took(const StepPlan& plan, double ms) {
  if (!on()) return;
  costs_.took(plan.rows(), ms);
  if (plan.draft_rows == 0) return;
  for (const PlannedSequence& planned : plan.sequences) {
    const auto guesses = static_cast<int32_t>(planned.drafts.size());
    if (guesses == 0) continue;
    ++counters_.drafts;
    counters_.guesses += static_cast<uint64_t>(guesses);
    counters_.accepted += static_cast<uint64_t>(planned.accepted);
    if (forced_.contains(planned.ids.front())) {  // they say nothing about the drafter
      forced_acceptance_.verified(guesses, planned.accepted);
      continue;
    }
    acceptance(planned.ids.front()).verified(guesses, planned.accepted);
    usual_.verified(guesses, planned.accepted);
  }
}

void Speculation::forget(SequenceId id) {
  sequences_.erase(id);
  if (options_.drafter != nullptr) options_.drafter->forget(id);
}

// Prompt lookup depends on the text, so that each has to show what it is worth. How far two models agree is
// known from others, and where it is little, the next prompt need not be read to learn it again.
Acceptance& Speculation::acceptance(SequenceId id) {
  const auto found = sequences_.find(id);
  if (found != sequences_.end()) return found->second;
  return sequences_.emplace(id, options_.drafter->costly() ? Acceptance::like(usual_) : Acceptance())
      .first->second;
}

}  // namespace ferry
