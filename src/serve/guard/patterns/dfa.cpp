#include "serve/guard/patterns/dfa.h"

#include <algorithm>
#include <bitset>
#include <map>
#include <utility>

namespace ferry {

// Subset construction. State 0 is the empty set.
class Dfa::Builder {
 public:
  Builder(const Nfa& nfa, std::span<const uint8_t> free_start) : nfa_(nfa), free_start_(free_start) {}

  Result<Dfa> build() {
    make_classes();
    number({});
    std::vector<int> first{nfa_.start()};
    number(closure(std::move(first)));
    // Where nothing can match (a list without names), the start is as empty as the dead state, but start()
    // all the same.
    if (sets_.size() == 1) sets_.push_back(sets_.front());
    for (size_t state = 0; state < sets_.size(); ++state) {
      if (sets_.size() * dfa_.classes_ * sizeof(State) > kMaxTableBytes || work_ > kMaxWork)
        return fail(
            ErrorCode::resource_exhausted,
            "the name lists and regular expressions are too large together; use fewer or shorter repeats");
      expand(state);
    }
    dfa_.accepted_begin_.push_back(static_cast<uint32_t>(dfa_.accepted_.size()));
    dfa_.make_filter(leads_to_free_);
    return std::move(dfa_);
  }

 private:
  using Set = std::vector<int>;  // ascending

  // Bytes that no edge tells apart are one class.
  void make_classes() {
    std::bitset<257> begins;
    for (const NfaState& state : nfa_.states()) {
      for (const NfaEdge& edge : state.edges) {
        begins.set(edge.first);
        begins.set(edge.last + 1U);
      }
    }
    uint8_t number = 0;
    for (size_t byte = 0; byte < 256; ++byte) {
      if (byte > 0 && begins[byte]) ++number;
      dfa_.class_of_[byte] = number;
    }
    dfa_.classes_ = number + 1U;
    seeds_.resize(dfa_.classes_);
  }

  Set closure(Set seeds) {
    Set set;
    ++round_;
    visited_.resize(nfa_.states().size());
    while (!seeds.empty()) {
      const int state = seeds.back();
      seeds.pop_back();
      ++work_;
      if (visited_[state] == round_) continue;
      visited_[state] = round_;
      set.push_back(state);
      const auto& more = nfa_.states()[state].empty;
      seeds.insert(seeds.end(), more.begin(), more.end());
    }
    std::erase_if(
        set, [&](int state) { return nfa_.states()[state].edges.empty() && !nfa_.states()[state].accepts; });
    std::sort(set.begin(), set.end());
    return set;
  }

  State number(Set set) {
    const auto [place, is_new] = numbers_.emplace(std::move(set), static_cast<State>(sets_.size()));
    if (is_new) sets_.push_back(&place->first);
    return place->second;
  }

  void expand(size_t state) {
    const Set& set = *sets_[state];
    note_accepted(set);
    // Classes are numbered as their bytes run, so that an edge's are the ones from its first byte's to its
    // last's.
    for (const int from : set) {
      for (const NfaEdge& edge : nfa_.states()[from].edges) {
        for (size_t c = dfa_.class_of_[edge.first]; c <= dfa_.class_of_[edge.last]; ++c)
          seeds_[c].push_back(edge.to);
      }
    }
    bool goes_on = false;
    for (Set& seeds : seeds_) {
      const State to = seeds.empty() ? kDead : number(closure(std::exchange(seeds, {})));
      goes_on |= to != kDead;
      dfa_.table_.push_back(to);
    }
    dfa_.goes_on_.push_back(goes_on);
    leads_to_free_.push_back(std::any_of(set.begin(), set.end(),
                                         [&](int s) { return free_start_[nfa_.states()[s].pattern] != 0; }));
  }

  void note_accepted(const Set& set) {
    dfa_.accepted_begin_.push_back(static_cast<uint32_t>(dfa_.accepted_.size()));
    const auto first = static_cast<ptrdiff_t>(dfa_.accepted_.size());
    for (const int state : set) {
      if (nfa_.states()[state].accepts) dfa_.accepted_.push_back(nfa_.states()[state].pattern);
    }
    std::sort(dfa_.accepted_.begin() + first, dfa_.accepted_.end());
    dfa_.accepted_.erase(std::unique(dfa_.accepted_.begin() + first, dfa_.accepted_.end()),
                         dfa_.accepted_.end());
  }

  const Nfa& nfa_;
  std::span<const uint8_t> free_start_;
  Dfa dfa_;
  std::vector<Set> seeds_;  // by class: where a state's edges go
  std::map<Set, State> numbers_;
  std::vector<const Set*> sets_;  // keys of numbers_
  size_t work_ = 0;               // sizes of all sets that were made, and what was gone through for them
  std::vector<bool> leads_to_free_;
  std::vector<uint32_t> visited_;
  uint32_t round_ = 0;
};

Result<Dfa> Dfa::build(const Nfa& nfa, std::span<const uint8_t> free_start) {
  return Builder(nfa, free_start).build();
}

void Dfa::make_filter(const std::vector<bool>& leads_to_free) {
  for (unsigned first = 0; first < 256; ++first) {
    const State one = next(start(), static_cast<uint8_t>(first));
    if (one == kDead) continue;
    for (unsigned second = 0; second < 256; ++second) {
      const State two = next(one, static_cast<uint8_t>(second));
      if (two == kDead && accepted(one).empty()) continue;
      const State last = two != kDead ? two : one;
      filter_.add(static_cast<uint8_t>(first), static_cast<uint8_t>(second),
                  leads_to_free[last] || leads_to_free[one]);
    }
  }
  filter_.finish();
}

}  // namespace ferry
