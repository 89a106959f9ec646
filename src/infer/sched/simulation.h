#pragma once
// For the tests and the benchmark of this room: a scheduler under random load, with a model that is a hash.
//
// The "keys and values" of a position are a hash of all tokens up to it, kept in pages like the real ones,
// and an answer's next token is a hash of its last position. So each answer has one right text, known from
// the start, and a page that is lost, mixed up, overwritten or shared too widely shows as a wrong hash at
// once. Every step checks every invariant.

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "base/core/rng.h"
#include "infer/sched/scheduler.h"

namespace ferry {

struct SimulationReport {
  std::string failure;  // empty: every invariant held
  uint64_t steps = 0;
  uint64_t answers = 0;  // that ran to their end
  uint64_t cancelled = 0;
  uint64_t branched = 0;  // answers that shared a prompt's computation
  uint64_t copies = 0;
  uint64_t preemptions = 0;
  uint64_t hits = 0;          // tokens
  uint64_t drafts = 0;        // tokens
  uint64_t accepted = 0;      // of these
  uint64_t longest_wait = 0;  // steps between two rows of one answer
};

// One load on one pool, both drawn from the seed: `steps` steps with arrivals, then until all answers ended.
class Simulation {
 public:
  // However unlucky, an answer gets a row within so many steps: others are admitted at most so often before
  // it (check_turn), and none of them takes longer than longest() steps.
  static constexpr uint64_t kMostWait = 3000;

  explicit Simulation(uint64_t seed)
      : rng_(seed),
        page_tokens_(1 << rng_.below(5)),
        pool_(static_cast<int32_t>((longest() / page_tokens_ + 1) * (4 + rng_.below(12)) / 4), page_tokens_,
              pick(4) == 0 ? 4 : 64),  // with colliding hashes
        contents_(static_cast<size_t>(pool_.capacity() * page_tokens_)),
        limits_(draw_limits()),
        scheduler_(limits_, pool_),
        arrivals_of_8_(1 + pick(6)),
        drafts_of_8_(pick(9)) {
    for (auto& document : documents_) {
      for (int i = 0; i < kLongestPrompt; ++i) document.push_back(token());
    }
  }

  SimulationReport run(uint64_t steps) {
    const uint64_t most = steps + 20000;
    while (report_.failure.empty() && (report_.steps < steps || !live_.empty())) {
      if (report_.steps < steps) arrive();
      if (rng_.below(16) == 0) cancel_one();
      step();
      if (++report_.steps == most) fail_with("the answers never end");
    }
    if (pool_.available() != pool_.capacity()) fail_with("a page is lost");
    report_.preemptions = scheduler_.counters().preemptions;
    report_.hits = scheduler_.counters().prefix_hits;
    return report_;
  }

 private:
  static constexpr int kLongestPrompt = 60;
  static constexpr int kLongestAnswer = 30;
  static constexpr size_t kMostLive = 24;
  static constexpr int longest() { return kLongestPrompt + kLongestAnswer; }

  struct Live {
    SequenceId group = 0;  // the first id of those it arrived with
    std::string salt;
    uint64_t seed = 0;
    std::vector<TokenId> tokens;
    size_t prompt = 0;
    size_t end = 0;  // of tokens
    bool prompt_logits = false;
    int32_t logits = 0;     // leading tokens whose logits came
    uint64_t last_row = 0;  // the step
    bool started = false;
    int64_t turns = 0;  // admissions that may go before it (check_turn)
  };

  int32_t pick(uint64_t bound) { return static_cast<int32_t>(rng_.below(bound)); }
  // So few that different answers often agree for a while.
  TokenId token() { return pick(3); }
  static uint64_t mix(uint64_t a, uint64_t b) { return Rng(a ^ Rng(b).next()).next(); }

  static uint64_t salt_hash(const std::string& salt) { return std::hash<std::string>()(salt); }

  SchedulerLimits draw_limits() {
    SchedulerLimits limits;
    limits.max_step_tokens = 1 + pick(40);
    limits.max_running = 1 + pick(8);
    limits.max_logits = std::min(limits.max_running, limits.max_step_tokens) + pick(10);
    limits.max_step_ms = pick(2) * 50.0;
    limits.turn_every = 1 + pick(8);
    limits.prefix_cache = pick(8) != 0;
    return limits;
  }

  bool fail_with(std::string what) {
    if (report_.failure.empty()) report_.failure = std::move(what);
    return false;
  }
  bool check(bool held, const char* what) { return held || fail_with(what); }

  void arrive() {
    if (pick(8) >= arrivals_of_8_ || live_.size() >= kMostLive) return;
    SequenceRequest request;
    const auto& document = documents_[rng_.below(std::size(documents_))];
    const size_t common = rng_.below(document.size());
    request.prompt.assign(document.begin(), document.begin() + static_cast<std::ptrdiff_t>(common));
    const size_t length = std::max<size_t>(1, common + rng_.below(document.size() + 1 - common));
    while (request.prompt.size() < length) request.prompt.push_back(token());
    request.max_new_tokens = 1 + pick(kLongestAnswer);
    request.priority = pick(8) == 0 ? 1 : pick(4) == 0 ? -1 : 0;
    request.tenant = std::string(1, static_cast<char>('a' + pick(3)));
    const std::string salt = pick(3) == 0 ? "salted" : "";
    if (!salt.empty() || pick(2) == 0) request.salt = std::make_shared<const std::string>(salt);
    request.prompt_logits = pick(10) == 0;
    const uint64_t seed = rng_.below(4);
    const bool greedy = pick(2) == 0;
    const int answers = pick(4) == 0 ? 2 + pick(5) : 1;
    for (int i = 0; i < answers; ++i) {
      request.ids.push_back(next_id_);
      live_[next_id_++] = {.group = request.ids.front(),
                           .salt = salt,
                           .seed = seed + static_cast<uint64_t>(greedy ? 0 : i),
                           .tokens = request.prompt,
                           .prompt = request.prompt.size(),
                           .end = request.prompt.size() + static_cast<size_t>(request.max_new_tokens),
                           .prompt_logits = request.prompt_logits,
                           .logits = 0,
                           .last_row = report_.steps};
    }
    for (const SequenceId id : request.ids) live_.at(id).turns = turns_passed() + std::ssize(live_);
    const auto added = scheduler_.add(std::move(request));
    check(added.has_value(), "what fits the pool is refused");
  }

  void cancel_one() {
    if (live_.empty()) return;
    const auto victim = std::next(live_.begin(), pick(live_.size()));
    scheduler_.remove(victim->first);
    live_.erase(victim);
    ++report_.cancelled;
    check_holders();
  }

  void step() {
    StepPlan plan = scheduler_.next();
    draft(plan);
    check_plan(plan);
    if (!report_.failure.empty()) return;
    compute(plan);
    const std::vector<TokenId> sampled = sample(plan);
    std::vector<SequenceId> extended;
    for (const PlannedSequence& planned : plan.sequences) {
      if (planned.samples) extended.insert(extended.end(), planned.ids.begin(), planned.ids.end());
    }
    const double ms = 5 + plan.answer_rows * 2.0 + plan.prompt_rows * (1.0 + rng_.uniform());
    scheduler_.took(plan, rng_.below(50) == 0 ? ms * 100 : ms);
    scheduler_.commit(plan, sampled);
    for (const SequenceId id : extended) check_extended(id);
    end_answers();
    check_holders();
    check_index();
  }

  // Guesses of which the first ones are right, from none to all.
  void draft(StepPlan& plan) {
    for (PlannedSequence& planned : plan.sequences) {
      if (pick(8) >= drafts_of_8_ || scheduler_.most_drafts(planned) == 0) continue;
      Live guessed = live_.at(planned.ids.front());
      std::vector<TokenId> guesses;
      const int32_t right = pick(12);
      for (int32_t i = 0; i < 10; ++i) {
        guesses.push_back((next_token(guessed) + (i < right ? 0 : 1)) % 3);
        guessed.tokens.push_back(guesses.back());
      }
      scheduler_.draft(plan, planned, guesses);
      check(std::ranges::equal(planned.drafts, std::span(guesses).first(planned.drafts.size())),
            "the drafts are not those that were offered");
      report_.drafts += planned.drafts.size();
    }
  }

  // Who has got its next token holds pages for what is computed, and no more.
  void check_extended(SequenceId id) {
    const size_t pages = scheduler_.pages(id).size();
    const auto wanted = static_cast<size_t>(pool_.pages_for(scheduler_.computed(id)));
    check(pages == wanted, "a draft's page is kept");
    check(pages == 0 || scheduler_.computed(id) + 1 == std::ssize(scheduler_.tokens(id)),
          "a draft is computed, though it is wrong");
  }

  void check_plan(const StepPlan& plan) {
    check(plan.sequences.empty() == live_.empty(), "a step does nothing, though there is work");
    check(plan.rows() <= limits_.max_step_tokens, "a step is over its budget");
    int32_t rows = 0;
    int32_t logits = 0;
    std::set<SequenceId> planned_ids;
    for (const PlannedSequence& planned : plan.sequences) {
      rows += planned.rows();
      logits += planned.logits;
      check(!planned.tokens.empty(), "a sequence is planned without rows");
      for (const SequenceId id : planned.ids) check(planned_ids.insert(id).second, "planned twice");
    }
    check(rows == plan.rows(), "the plan does not add up");
    check(logits <= limits_.max_logits, "too many logits");
    check(scheduler_.running() <= static_cast<size_t>(limits_.max_running), "too many run");
    for (auto& [id, live] : live_) {
      if (planned_ids.contains(id)) live.last_row = report_.steps;
      const uint64_t waited = report_.steps - live.last_row;
      report_.longest_wait = std::max(report_.longest_wait, waited);
      check(waited <= kMostWait, "an answer starves");
      check_turn(id, live);
      const bool lacks_one =
          !scheduler_.pages(id).empty() && scheduler_.computed(id) + 1 == std::ssize(live.tokens);
      check(!lacks_one || planned_ids.contains(id), "a running answer gets no row");
    }
    check_holders();
  }

  // Of turn_every admissions one is for the oldest, so whoever came before an answer can hold it up for so
  // many turns; and each preemption puts one more in front of it. Now and then the oldest itself waits for
  // another one that is computing its prefix.
  void check_turn(SequenceId id, Live& live) {
    live.started = live.started || !scheduler_.pages(id).empty();
    check(live.started || turns_passed() <= live.turns + 10, "an answer is passed over");
  }
  // Less those that preemptions have used up.
  int64_t turns_passed() const {
    const SchedulerCounters& counters = scheduler_.counters();
    return static_cast<int64_t>(counters.admissions) / limits_.turn_every -
           static_cast<int64_t>(counters.preemptions);
  }

  // Copies, then all the writes, then all the reads: as the model does it.
  void compute(const StepPlan& plan) {
    for (const PageCopy& copy : plan.copies) {
      std::copy_n(contents_.begin() + copy.from * page_tokens_, page_tokens_,
                  contents_.begin() + copy.to * page_tokens_);
    }
    report_.copies += plan.copies.size();
    for (const PlannedSequence& planned : plan.sequences) {
      const Live live = with_drafts(planned);
      const std::vector<uint64_t> right = hashes(live);
      for (size_t i = 0; i < static_cast<size_t>(planned.rows()); ++i) {
        const size_t at = static_cast<size_t>(planned.first_position) + i;
        const TokenId token =
            i < planned.tokens.size() ? planned.tokens[i] : planned.drafts[i - planned.tokens.size()];
        if (!check(at < live.tokens.size() && token == live.tokens[at], "a wrong token")) return;
        const PageId page = planned.pages[at / static_cast<size_t>(page_tokens_)];
        check(pool_.writable(page), "a shared page is written");
        content(planned.pages, at) = right[at];
      }
    }
    for (const PlannedSequence& planned : plan.sequences) {
      const std::vector<uint64_t> right = hashes(with_drafts(planned));
      const auto end = static_cast<size_t>(planned.first_position + planned.rows());
      for (size_t i = 0; i < end; ++i) check(content(planned.pages, i) == right[i], "wrong keys and values");
    }
  }

  Live with_drafts(const PlannedSequence& planned) const {
    Live live = live_.at(planned.ids.front());
    live.tokens.insert(live.tokens.end(), planned.drafts.begin(), planned.drafts.end());
    return live;
  }

  std::vector<TokenId> sample(StepPlan& plan) {
    std::vector<TokenId> sampled;
    for (PlannedSequence& planned : plan.sequences) {
      const auto end = planned.first_position + static_cast<int32_t>(planned.tokens.size());
      for (const SequenceId id : planned.ids) {
        Live& live = live_.at(id);
        check(planned.samples == (end == std::ssize(live.tokens)), "samples at the wrong token");
        check_logits(planned, end, live);
        if (!planned.samples) continue;
        const auto known = std::ssize(live.tokens);
        for (const TokenId guess : planned.drafts) {
          if (next_token(live) != guess || pick(100) == 0) break;  // or the answer ends
          live.tokens.push_back(guess);
          ++planned.accepted;
        }
        live.tokens.push_back(next_token(live));
        sampled.insert(sampled.end(), live.tokens.begin() + known, live.tokens.end());
        report_.accepted += static_cast<uint64_t>(planned.accepted);
        check(live.tokens.size() <= live.end, "an answer is too long");
      }
      if (planned.samples) report_.branched += planned.ids.size() - 1;
    }
    return sampled;
  }

  // Each prompt token's logits come once, where they are wanted, and otherwise only those that are sampled
  // from, or would be if the drafts were right.
  void check_logits(const PlannedSequence& planned, int32_t end, Live& live) {
    int32_t wanted = planned.samples ? 1 : 0;
    if (live.prompt_logits && live.logits < static_cast<int32_t>(live.prompt)) {
      check(planned.first_position <= live.logits, "a prompt's logits are left out");
      wanted = std::max(wanted, end - std::max(live.logits, planned.first_position));
      live.logits = std::max(live.logits, end);
    }
    wanted += static_cast<int32_t>(planned.drafts.size());
    check(planned.logits == wanted, "not the logits that are wanted");
  }

  void end_answers() {
    std::erase_if(live_, [this](const auto& entry) {
      const auto& [id, live] = entry;
      if (!check(std::ranges::equal(scheduler_.tokens(id), live.tokens), "the tokens differ")) return false;
      if (live.tokens.size() < live.end) return false;
      scheduler_.remove(id);
      ++report_.answers;
      return true;
    });
  }

  void check_holders() {
    std::map<PageId, int32_t> holders;
    std::set<const PageId*> counted;  // ids that still share a prompt share one table
    for (const auto& [id, live] : live_) {
      const std::span<const PageId> pages = scheduler_.pages(id);
      if (pages.empty() || !counted.insert(pages.data()).second) continue;
      for (const PageId page : pages) ++holders[page];
    }
    for (PageId page = 0; page < pool_.capacity(); ++page) {
      const auto found = holders.find(page);
      check(pool_.holders(page) == (found == holders.end() ? 0 : found->second), "holders do not add up");
    }
    check(static_cast<int32_t>(holders.size()) + pool_.available() == pool_.capacity(), "a page is lost");
  }

  void check_index() {
    const PrefixIndex& index = pool_.index();
    int32_t indexed = 0;
    for (PageId page = 0; page < pool_.capacity(); ++page) {
      if (!index.contains(page)) continue;
      ++indexed;
      uint64_t hash = 0;
      if (const PageId parent = index.parent(page); parent == kNoPage) {
        hash = mix(0, salt_hash(*index.salt(page)));
      } else {
        check(index.contains(parent), "a cached page without its beginning");
        check(pool_.holders(parent) >= pool_.holders(page), "a held page without its beginning");
        hash = contents_[static_cast<size_t>((parent + 1) * page_tokens_ - 1)];
      }
      for (int32_t i = 0; i < page_tokens_; ++i) {
        hash = mix(hash, static_cast<uint64_t>(index.tokens(page)[static_cast<size_t>(i)]));
        check(contents_[static_cast<size_t>(page) * static_cast<size_t>(page_tokens_) +
                        static_cast<size_t>(i)] == hash,
              "a cached page holds something else");
      }
    }
    check(indexed >= pool_.cached(), "a cached page that nobody can find");
  }

  uint64_t& content(std::span<const PageId> pages, size_t position) {
    const auto width = static_cast<size_t>(page_tokens_);
    return contents_[static_cast<size_t>(pages[position / width]) * width + position % width];
  }

  // The right keys and values of every position.
  static std::vector<uint64_t> hashes(const Live& live) {
    std::vector<uint64_t> result;
    result.reserve(live.tokens.size());
    uint64_t hash = mix(0, salt_hash(live.salt));
    for (const TokenId one : live.tokens) result.push_back(hash = mix(hash, static_cast<uint64_t>(one)));
    return result;
  }

  static TokenId next_token(const Live& live) {
    return static_cast<TokenId>(mix(hashes(live).back(), live.seed) % 3);
  }

  Rng rng_;
  int32_t page_tokens_;
  PagePool pool_;
  std::vector<uint64_t> contents_;  // [pages, page_tokens]
  SchedulerLimits limits_;
  Scheduler scheduler_;
  int32_t arrivals_of_8_;
  int32_t drafts_of_8_;
  std::vector<TokenId> documents_[3];
  std::map<SequenceId, Live> live_;
  SequenceId next_id_ = 1;
  SimulationReport report_;
};

// `steps` steps in all, under a new load every thousand.
inline SimulationReport simulate(uint64_t seed, uint64_t steps) {
  SimulationReport total;
  while (total.steps < steps) {
    const SimulationReport one = Simulation(seed).run(1000);
    total.steps += one.steps;
    total.answers += one.answers;
    total.cancelled += one.cancelled;
    total.branched += one.branched;
    total.copies += one.copies;
    total.preemptions += one.preemptions;
    total.hits += one.hits;
    total.drafts += one.drafts;
    total.accepted += one.accepted;
    total.longest_wait = std::max(total.longest_wait, one.longest_wait);
    if (!one.failure.empty()) {
      total.failure = fmt::format("seed {}, step {}: {}", seed, one.steps, one.failure);
      break;
    }
    ++seed;
  }
  return total;
}

}  // namespace ferry
