#pragma once
// Where did everything go that carried a label? Answered from the chained records themselves, which are
// verified on the way, not from the tables made of them.

#include <functional>
#include <vector>

#include "serve/traffic/audit/audit.h"
#include "serve/traffic/store.h"

namespace ferry {

// Where labelled exchanges must not have gone.
struct ForbiddenPlaces {
  std::vector<std::string> providers = {};
  // An attempt that left and whose region is not known may have gone to any of them, and counts.
  std::vector<std::string> regions = {};
  bool non_local = false;  // anywhere but to models of one's own

  // The place of an attempt, if it must not have gone there: "provider openai". Empty: it was free to.
  std::string violated_by(const Intent& intent) const;
};

// "provider:openai", "region:us", "non-local". invalid_argument, and what there is, for others.
Result<void> add_forbidden(std::string_view text, ForbiddenPlaces& places);

struct ProofRequest {
  std::string label;
  TimeRange time;  // of a labelled attempt
  ForbiddenPlaces forbidden = {};
  std::optional<ChainHead> kept_head = {};
};

// One attempt of an exchange that carried the label, in this attempt or another.
struct ProvedAttempt {
  int64_t record = 0;  // of its intent
  Intent intent = {};
  bool was_sent = false;       // attempt 0 went nowhere
  std::string violation = {};  // where it must not have gone
};

struct Proof {
  AuditReport chain = {};  // broken: the rest tells nothing
  int64_t exchanges = 0;
  int64_t attempts = 0;  // that were sent somewhere
  int64_t unsent = 0;    // attempts 0
  int64_t violations = 0;
  std::map<std::string, int64_t> places = {};  // "openai (eu)", "local": attempts
};

// `visit` sees every attempt, in the chain's order. Reads within the transaction that the caller has begun.
Result<Proof> prove(Database& database, const ProofRequest& request,
                    const std::function<Result<void>(const ProvedAttempt&)>& visit);

}  // namespace ferry
