#pragma once
// Labels → where an exchange may go. Pure functions; what is not known forbids.

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "serve/guard/exchange_walk.h"

namespace ferry {

// What one label demands. A rule that demands nothing allows everything.
struct LabelRule {
  bool block = false;                                   // goes nowhere, not even to a model of one's own
  bool stay_local = false;                              // goes to models of one's own
  bool redact = false;                                  // leaves only with its findings replaced
  std::optional<std::set<std::string>> regions = {};    // may leave to these; empty: to none
  std::optional<std::set<std::string>> providers = {};  // the same
};

struct GuardPolicy {
  std::map<std::string, LabelRule> labels = {};
  // Which labels a finding brings: by kind ("email") or by kind and rule ("national_id.us_ssn",
  // "name.projects"). What is not named here brings none.
  std::map<std::string, std::vector<std::string>> found = {};
};

// Errors: a label in `found` that has no rule, a finding that no kind is called; which one.
Result<void> check_policy(const GuardPolicy& policy);

// What all labels of an exchange demand together.
struct GuardDecision {
  LabelRule rule;
  std::vector<std::string> reasons;  // labels that demanded something, and what else did, for the record
};

// The strictest of each demand holds: any block, any stay_local, any redact, the regions and providers that
// all allow. A label without a rule demands stay_local.
GuardDecision decide(const GuardPolicy& policy, std::span<const std::string> labels);

// The same with what was found. `inspection` without a value: the detectors failed. Then, and where a place
// could not be looked into, the exchange stays local, if any finding would have mattered.
GuardDecision decide(const GuardPolicy& policy, std::span<const std::string> labels,
                     const Result<Inspection>& inspection);

// The labels of what was found, each once.
std::set<std::string> labels_of(const GuardPolicy& policy, const Inspection& inspection);

struct Destination {
  bool is_local = false;
  std::string provider = {};
  std::string region = {};  // empty: not known
};

enum class Verdict {
  allow,
  redact,  // allowed once redact() has succeeded; otherwise forbidden
  forbid
};

Verdict judge(const GuardDecision& decision, const Destination& destination);

}  // namespace ferry
