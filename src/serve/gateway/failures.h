#pragma once
// What a failed attempt means: for the target's breaker, for the next attempt, for the client, for the
// record.

#include <string>

#include "serve/dialects/openai_error.h"
#include "serve/route/target_health.h"

namespace ferry {

// What the breaker learns. `begun`: a part of the answer had come.
TargetOutcome outcome_of(const ApiError& error, bool begun);

enum class NextStep : uint8_t {
  give_up,       // the request is at fault: no target will take it
  other_target,  // this target will not take it now; another one may
  any_target,    // another try may succeed, here as well
};
// Of an attempt that failed before a part of the answer was passed on.
NextStep next_step(const ApiError& error);

// What the client is told. What went wrong between us and the vendor (a key, an account, a certificate) is
// not the client's business and never becomes a 401 or 403 of ours.
ApiError told(ApiError error);

// "upstream_timeout_idle", "rate_limited"; for the record.
std::string error_kind(const ApiError& error);

}  // namespace ferry
