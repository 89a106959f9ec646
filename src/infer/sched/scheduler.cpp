#include "infer/sched/scheduler.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace ferry {
namespace {

// Who gets rows first among prompts, each with what it still lacks: a short one need not wait for a long one.
bool computed_before(const Sequence& a, int32_t a_missing, const Sequence& b, int32_t b_missing) {
  return std::tuple(a.priority, a.tenant->service, a_missing, a.arrival, a.branch) <
         std::tuple(b.priority, b.tenant->service, b_missing, b.arrival, b.branch);
}

// What the oldest prompt gets of `rows`, however many go before it.
int32_t share_of_oldest(int32_t rows) {
  return (rows + 3) / 4;
}

PageKey page_key(const Sequence& sequence, size_t page, PageId parent, int32_t page_tokens) {
  const auto width = static_cast<size_t>(page_tokens);
  return {sequence.hashes[page], parent, std::span(sequence.tokens).subspan(page * width, width),
          sequence.salt};
}

void hash_whole_pages(Sequence& sequence, const PagePool& pool) {
  const PrefixIndex& index = pool.index();
  const auto width = static_cast<size_t>(pool.page_tokens());
  for (size_t begin = sequence.hashes.size() * width; begin + width <= sequence.tokens.size();
       begin += width) {
    const uint64_t parent = sequence.hashes.empty() ? index.hash(*sequence.salt) : sequence.hashes.back();
    sequence.hashes.push_back(index.hash(parent, std::span(sequence.tokens).subspan(begin, width)));
  }
}

}  // namespace

Scheduler::Scheduler(SchedulerLimits limits, PagePool& pool)
    : limits_(limits), pool_(pool), budget_(limits.max_step_ms, limits.max_step_tokens) {
  // So every running answer has a row in every step, and a prompt at least one.
  limits_.max_running = std::min(limits.max_running, limits.max_step_tokens);
  FERRY_CHECK(limits_.max_running >= 1 && limits_.max_logits >= limits_.max_running);
}

Result<void> Scheduler::add(SequenceRequest request) {
  FERRY_CHECK(!request.ids.empty() && !request.prompt.empty() && request.max_new_tokens >= 1);
  const int64_t most = std::ssize(request.prompt) + request.max_new_tokens;
  const int64_t capacity = int64_t{pool_.capacity()} * pool_.page_tokens();
  if (most > capacity) {
    return fail(
        ErrorCode::resource_exhausted,
        "{} prompt tokens and {} new ones need {} tokens of KV cache, but it holds {}; shorten the prompt, "
        "lower max_tokens or raise --kv-cache",
        request.prompt.size(), request.max_new_tokens, most, capacity);
  }
  Tenant* tenant = nullptr;
  for (size_t i = 0; i < request.ids.size(); ++i) tenant = &tenants_.enter(request.tenant);
  SequenceState state;
  state.ids = std::move(request.ids);
  state.prompt_tokens = static_cast<int32_t>(request.prompt.size());
  state.most_tokens = most;
  state.priority = request.priority;
  state.arrival = ++arrivals_;
  state.tenant = tenant;
  state.salt = request.salt ? std::move(request.salt) : std::make_shared<const std::string>();
  state.prompt_logits = request.prompt_logits;
  state.tokens = std::move(request.prompt);
  auto sequence = std::make_shared<Sequence>(std::move(state), pool_);
  hash_whole_pages(*sequence, pool_);
  for (const SequenceId id : sequence->ids) FERRY_CHECK(sequences_.emplace(id, sequence).second);
  queue_.push(*sequence);
  return {};
}

StepPlan Scheduler::next() {
  StepPlan plan;
  claim_pages(plan);
  admit(plan);
  share_rows(plan);
  FERRY_CHECK(!plan.sequences.empty() || sequences_.empty());
  return plan;
}

void Scheduler::claim_pages(StepPlan& plan) {
  for (size_t i = 0; i < running_.size(); ++i) {
    Sequence& sequence = *running_[i];
    while (!sequence.pages.write(sequence.computed, sequence.size(), plan.copies)) {
      const bool itself = running_.back() == &sequence;
      preempt_last();
      if (itself) break;
    }
  }
}

void Scheduler::admit(StepPlan& plan) {
  while (!queue_.empty()) {
    const bool full = std::ssize(running_) >= limits_.max_running;
    if (full && !may_replace(queue_.best_priority())) return;
    const bool turn = since_turn_ + 1 >= limits_.turn_every && cost(queue_.oldest());
    Sequence* chosen = turn ? &queue_.oldest() : choose();
    if (chosen == nullptr || !make_room(*chosen)) return;
    chosen->promoted = turn;
    since_turn_ = turn ? 0 : since_turn_ + 1;
    start(*chosen, plan);
  }
}

// The best one in the queue, if it would get rows in this step: pages that wait for rows are better left to
// the prefix cache.
Sequence* Scheduler::choose() {
  Sequence* best = queue_.best([this](const Sequence& sequence) { return cost(sequence); });
  if (best == nullptr) return nullptr;
  const int32_t own = *cost(*best);
  const int32_t rows = prompt_rows();
  int64_t all = 0;
  int64_t ahead = 0;
  for (const Sequence* other : running_) {
    if (other->missing() == 1) continue;
    all += other->missing();
    if (computed_before(*other, other->missing(), *best, own)) ahead += other->missing();
  }
  const bool gets_rows = own == 1 || all < rows || ahead < rows - share_of_oldest(rows);
  return gets_rows ? best : nullptr;
}

// The tokens that `sequence` would have to compute if it started now; nothing when it should wait, since
// another one, of no lower priority, is just computing the next page of their common prefix.
std::optional<int32_t> Scheduler::cost(const Sequence& sequence) const {
  const size_t whole_pages = find_prefix(sequence).size();
  if (reuses(sequence) && whole_pages < sequence.hashes.size()) {
    const uint64_t wanted = sequence.hashes[whole_pages];
    for (const Sequence* other : running_) {
      const bool computing = other->publishes && other->published <= static_cast<int32_t>(whole_pages) &&
                             other->hashes.size() > whole_pages && other->hashes[whole_pages] == wanted;
      if (computing && other->priority <= sequence.priority) return std::nullopt;
    }
  }
  return std::max(1, sequence.size() - static_cast<int32_t>(whole_pages) * pool_.page_tokens());
}

bool Scheduler::reuses(const Sequence& sequence) const {
  const bool needs_logits = sequence.prompt_logits && sequence.logits_done < sequence.prompt_tokens;
  return limits_.prefix_cache && !needs_logits;
}

// The indexed pages that hold the beginning of its tokens.
std::vector<PageId> Scheduler::find_prefix(const Sequence& sequence) const {
  std::vector<PageId> found;
  if (!reuses(sequence)) return found;
  for (size_t i = 0; i < sequence.hashes.size(); ++i) {
    const PageId parent = found.empty() ? kNoPage : found.back();
    const PageId page = pool_.index().find(page_key(sequence, i, parent, pool_.page_tokens()));
    if (page == kNoPage) break;
    found.push_back(page);
  }
  return found;
}

// Gives it the pages of its prefix and makes sure of the others; false, with nothing held, if there is no
// room.
bool Scheduler::make_room(Sequence& sequence) {
  for (const PageId page : find_prefix(sequence)) sequence.pages.adopt(page);
  const auto adopted = static_cast<int32_t>(sequence.pages.pages().size()) * pool_.page_tokens();
  sequence.computed =
      std::min(adopted, sequence.size() - 1);  // somebody has to compute the last token's logits
  while (!has_room(sequence)) {
    if (!may_replace(sequence.priority)) {
      sequence.pages.clear();
      sequence.computed = 0;
      return false;
    }
    preempt_last();
  }
  return true;
}

// The whole prompt must fit, and leave the running ones a page each to grow into (within reason): to start
// with less would only lead to preemption.
bool Scheduler::has_room(const Sequence& sequence) const {
  if (std::ssize(running_) >= limits_.max_running) return false;
  const auto growth = std::min(static_cast<int32_t>(running_.size()), pool_.capacity() / 16);
  return sequence.pages.wanted(sequence.computed, sequence.size()) + growth <= pool_.available();
}

bool Scheduler::may_replace(int32_t priority) const {
  return !running_.empty() && !running_.back()->promoted && running_.back()->priority > priority;
}

void Scheduler::start(Sequence& sequence, StepPlan& plan) {
  queue_.erase(sequence);
  FERRY_CHECK(sequence.pages.write(sequence.computed, sequence.size(), plan.copies));
  ++counters_.admissions;
  sequence.published = sequence.computed / pool_.page_tokens();
  sequence.publishes = limits_.prefix_cache;
  if (!sequence.started) {
    sequence.started = true;
    sequence.cached = sequence.computed;
    counters_.prefix_queries += static_cast<uint64_t>(sequence.size());
    counters_.prefix_hits += static_cast<uint64_t>(sequence.computed);
  }
  run(sequence);
}

void Scheduler::run(Sequence& sequence) {
  const auto place = std::ranges::upper_bound(
      running_, &sequence, [](const Sequence* a, const Sequence* b) { return stands_above(*a, *b); });
  running_.insert(place, &sequence);
}

void Scheduler::preempt_last() {
  Sequence& last = *running_.back();
  running_.pop_back();
  last.pages.clear();
  last.computed = 0;
  queue_.push(last);
  ++last.preemptions;
  ++counters_.preemptions;
}

int32_t Scheduler::prompt_rows() const {
  const auto answers =
      std::ranges::count_if(running_, [](const Sequence* one) { return one->missing() == 1; });
  return budget_.prompt_rows(static_cast<int32_t>(answers));
}

void Scheduler::share_rows(StepPlan& plan) {
  std::vector<Sequence*> prompts;
  for (Sequence* sequence : running_) {
    if (sequence->missing() == 1) {
      give_rows(plan, *sequence, 1);
    } else {
      prompts.push_back(sequence);
    }
  }
  if (prompts.empty()) return;
  std::ranges::sort(prompts, [](const Sequence* a, const Sequence* b) {
    return computed_before(*a, a->missing(), *b, b->missing());
  });
  const Sequence* oldest = *std::ranges::min_element(prompts, {}, &Sequence::arrival);
  const int32_t rows = budget_.prompt_rows(plan.answer_rows);
  const int32_t reserved = std::min(oldest->missing(), share_of_oldest(rows));
  int32_t left = rows - reserved;
  int32_t logits_left = limits_.max_logits - static_cast<int32_t>(running_.size());
  for (Sequence* sequence : prompts) {
    const int32_t own = sequence == oldest ? reserved : 0;
    const int32_t given = std::min(most_rows(*sequence, logits_left), left + own);
    if (given == 0) continue;
    give_rows(plan, *sequence, given);
    left -= given - std::min(given, own);
    logits_left -= std::max(0, plan.sequences.back().logits - 1);  // one was set aside for each
  }
}

int32_t Scheduler::most_rows(const Sequence& sequence, int32_t logits_left) {
  if (!sequence.prompt_logits) return sequence.missing();
  const int32_t without_logits = std::max(0, sequence.logits_done - sequence.computed);
  return std::min(sequence.missing(), without_logits + logits_left + 1);
}

void Scheduler::give_rows(StepPlan& plan, const Sequence& sequence, int32_t rows) {
  const bool samples = rows == sequence.missing();
  const int32_t end = sequence.computed + rows;
  const int32_t prompt_logits =
      sequence.prompt_logits ? end - std::max(sequence.logits_done, sequence.computed) : 0;
  plan.sequences.push_back({
      .ids = sequence.ids,
      .tokens = std::span(sequence.tokens)
                    .subspan(static_cast<size_t>(sequence.computed), static_cast<size_t>(rows)),
      .pages = sequence.pages.pages(),
      .first_position = sequence.computed,
      .logits = std::max(prompt_logits, samples ? 1 : 0),
      .samples = samples,
  });
  (sequence.missing() == 1 ? plan.answer_rows : plan.prompt_rows) += rows;
}

int32_t Scheduler::spare_rows(const StepPlan& plan) const {
  int32_t logits = limits_.max_logits;
  for (const PlannedSequence& planned : plan.sequences) logits -= planned.logits;
  const int32_t rows = budget_.prompt_rows(plan.answer_rows) - plan.prompt_rows - plan.draft_rows;
  return std::max(0, std::min(rows, logits));
}

int32_t Scheduler::most_drafts(const PlannedSequence& planned) const {
  if (!planned.samples || planned.ids.size() > 1 || planned.tokens.size() > 1) return 0;
  const Sequence& sequence = *sequences_.at(planned.ids.front());
  const int64_t most = sequence.most_tokens - sequence.size() - 1;  // the step gives one more than it accepts
  return static_cast<int32_t>(std::clamp<int64_t>(most, 0, limits_.max_step_tokens));
}

void Scheduler::draft(StepPlan& plan, PlannedSequence& planned, std::span<const TokenId> guesses) {
  Sequence& sequence = *sequences_.at(planned.ids.front());
  FERRY_CHECK(sequence.drafts.empty());
  auto count = std::min({static_cast<int32_t>(guesses.size()), most_drafts(planned), spare_rows(plan)});
  if (count == 0) return;
  if (!sequence.pages.write(sequence.computed, sequence.size() + count, plan.copies)) {
    const auto room = static_cast<int32_t>(sequence.pages.pages().size()) * pool_.page_tokens();
    count = std::min(count, room - sequence.size());
  }
  sequence.drafts.assign(guesses.begin(), guesses.begin() + count);
  planned.drafts = sequence.drafts;
  planned.pages = sequence.pages.pages();
  planned.logits += count;
  plan.draft_rows += count;
}

void Scheduler::commit(const StepPlan& plan, std::span<const TokenId> sampled) {
  for (const PlannedSequence& planned : plan.sequences) {
    const std::shared_ptr<Sequence> sequence = sequences_.at(planned.ids.front());
    const size_t answers = planned.ids.size();
    const auto accepted = static_cast<size_t>(planned.accepted);
    const int32_t rows = static_cast<int32_t>(planned.tokens.size()) + planned.accepted;
    const bool samples = planned.samples;  // the plan's spans end with the changes below
    FERRY_CHECK(accepted <= planned.drafts.size() && sampled.size() >= accepted);
    accept_drafts(*sequence, sampled.first(accepted));
    sampled = sampled.subspan(accepted);
    advance(*sequence, rows);
    if (!samples) continue;
    FERRY_CHECK(sampled.size() >= answers);
    append(*sequence, sampled.first(answers));
    sampled = sampled.subspan(answers);
  }
  FERRY_CHECK(sampled.empty());
}

// Those accepted become tokens, computed in this step; of the others nothing remains but what the next rows
// overwrite.
void Scheduler::accept_drafts(Sequence& sequence, std::span<const TokenId> accepted) {
  if (sequence.drafts.empty()) return;
  FERRY_CHECK(std::ranges::equal(accepted, std::span(sequence.drafts).first(accepted.size())));
  sequence.tokens.insert(sequence.tokens.end(), accepted.begin(), accepted.end());
  hash_whole_pages(sequence, pool_);
  sequence.drafts.clear();
  sequence.pages.shrink(static_cast<size_t>(pool_.pages_for(sequence.size())));
}

void Scheduler::advance(Sequence& sequence, int32_t rows) {
  const int32_t end = sequence.computed + rows;
  for (int32_t i = std::max(sequence.computed, sequence.charged); i < end; ++i) {
    const bool prompt = i < sequence.prompt_tokens;
    tenants_.charge(*sequence.tenant, prompt ? FairShare::kPromptToken : FairShare::kAnswerToken);
  }
  sequence.computed = end;
  sequence.charged = std::max(sequence.charged, end);
  sequence.logits_done = std::max(sequence.logits_done, end);
  publish(sequence);
}

// Tells the prefix index of the pages that have become whole. Where it knows the same page already, the
// sequence uses that one and gives its own back: the contents are equal bit for bit.
void Scheduler::publish(Sequence& sequence) {
  for (; sequence.publishes && sequence.published < sequence.computed / pool_.page_tokens();
       ++sequence.published) {
    const auto index = static_cast<size_t>(sequence.published);
    const std::span<const PageId> pages = sequence.pages.pages();
    const PageId parent = index == 0 ? kNoPage : pages[index - 1];
    const PageId known = pool_.publish(pages[index], page_key(sequence, index, parent, pool_.page_tokens()));
    if (known == kNoPage) {
      sequence.publishes = false;
      return;
    }
    if (known != pages[index]) sequence.pages.replace(index, known);
  }
}

// Each id gets its new token. Ids that had the prompt in common go their own ways, on the same pages, if
// there is a place for them; otherwise they queue up, and the prefix cache has most of their pages.
void Scheduler::append(Sequence& sequence, std::span<const TokenId> sampled) {
  const std::vector<SequenceId> ids = sequence.ids;
  sequence.ids.resize(1);
  for (size_t i = 1; i < ids.size(); ++i) {
    auto twin = std::make_shared<Sequence>(sequence, pool_);
    twin->ids = {ids[i]};
    twin->branch = static_cast<int32_t>(i);
    twin->tokens.push_back(sampled[i]);
    hash_whole_pages(*twin, pool_);
    sequences_[ids[i]] = twin;
    if (std::ssize(running_) < limits_.max_running) {
      for (const PageId page : sequence.pages.pages()) twin->pages.adopt(page);
      run(*twin);
    } else {
      twin->computed = 0;
      queue_.push(*twin);
    }
  }
  sequence.tokens.push_back(sampled.front());
  hash_whole_pages(sequence, pool_);
}

void Scheduler::remove(SequenceId id) {
  const auto found = sequences_.find(id);
  if (found == sequences_.end()) return;
  const std::shared_ptr<Sequence> sequence = found->second;
  sequences_.erase(found);
  std::erase(sequence->ids, id);
  if (sequence->ids.empty()) {
    std::erase(running_, sequence.get());
    queue_.erase(*sequence);
  }
  tenants_.leave(*sequence->tenant);
}

}  // namespace ferry
