#pragma once
// What is recorded of an exchange. Plain data: the gateway fills it, the journal keeps it, the store gives it
// back. Money is in billionths of the currency (1 USD = 1e9), times in microseconds since 1970 (UTC).
//
// An exchange is one request of a client and its answer. An attempt is one sending of it to one target: the
// first is number 1, retries and fallbacks and shadows count on. Attempt 0 was sent nowhere: refused,
// blocked, or answered from the cache.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "serve/traffic/digest.h"
#include "serve/traffic/exchange_id.h"

namespace ferry {

enum class RecordKind : uint8_t {
  intent = 1,
  outcome = 2,
  content = 3,
  feedback = 4,
  erasure = 5,
  config_change = 6
};

// What an attempt is for. A shadow's answer is recorded and never returned.
enum class AttemptRole : uint8_t { answer, shadow };

// What an attempt's end was.
enum class Fate : uint8_t {
  ok,
  failed,     // the target's fault: error, timeout, garbage, before anything was passed on
  cancelled,  // the client left
  cut,        // the target's stream ended early, after the first byte was passed on
  refused,    // the caller's fault, or a limit: nothing was sent
  blocked,    // a rule of the guard: nothing was sent, or nothing was given out
  cached,     // answered from the cache
  escalated   // the target answered, and the route's cascade asked the next one
};

enum class UsageSource : uint8_t {
  measured,  // the provider's own count, or our engine's
  estimated  // counted by us, where the provider gave none
};

// What is sent, written before it is sent.
struct Intent {
  ExchangeId exchange = {};
  uint32_t attempt = 1;
  int64_t time_us = 0;
  AttemptRole role = AttemptRole::answer;

  std::string key_id = {};  // who asks
  std::string team_id = {};
  std::string user = {};  // the end user, as the client named him

  std::string route = {};
  std::string target = {};    // "provider/model"
  std::string provider = {};  // "local": our engine
  std::string region = {};    // empty: not known
  bool is_local = false;      // whether it stays on this machine
  std::string dialect = {};   // the client's

  std::vector<std::string> labels = {};
  std::string verdict = {};               // of the guard: "allow", "redact", "forbid"
  std::vector<std::string> reasons = {};  // for it

  bool stream = false;
  int64_t reserved = 0;  // money
  std::string price_version = {};
  Digest request_digest = {};  // of the client's body

  bool operator==(const Intent&) const = default;
};

struct RecordedUsage {
  int64_t prompt_tokens = 0;
  int64_t completion_tokens = 0;
  int64_t cached_tokens = 0;          // of prompt_tokens: read from the provider's prompt cache
  int64_t cache_creation_tokens = 0;  // of prompt_tokens: written to it
  int64_t reasoning_tokens = 0;       // of completion_tokens

  bool operator==(const RecordedUsage&) const = default;
};

// What the same exchange would have cost at another target of the route.
struct Counterfactual {
  std::string target = {};
  int64_t cost = 0;         // money
  bool is_estimate = true;  // false: the same tokens at another price
  // One standard deviation of cost, relative to it, where the estimate has one (a token ratio from shadow
  // pairs); 0: not known, or exact.
  double relative_error = 0;

  bool operator==(const Counterfactual&) const = default;
};

// How it ended.
struct Outcome {
  ExchangeId exchange = {};
  uint32_t attempt = 1;
  int64_t time_us = 0;
  Fate fate = Fate::ok;
  int32_t http_status = 0;      // the target's; 0: none came
  std::string error_kind = {};  // "timeout", "connect", "rate_limited", …; empty: none

  RecordedUsage usage = {};
  UsageSource usage_source = UsageSource::measured;
  int64_t cost = 0;  // money

  int64_t first_token_us = -1;  // from the intent on; -1: none came
  int64_t total_us = 0;
  int64_t request_bytes = 0;  // as sent to the target
  int64_t answer_bytes = 0;   // as it came
  uint32_t retries = 0;       // attempts before this one
  bool cache_hit = false;     // the gateway's own cache
  Digest answer_digest = {};  // of what the client was given

  std::vector<Counterfactual> counterfactuals = {};

  bool operator==(const Outcome&) const = default;
};

enum class ContentForm : uint8_t { full, redacted };

// The texts of an attempt, if the route keeps them.
struct Content {
  ExchangeId exchange = {};
  uint32_t attempt = 1;
  int64_t time_us = 0;
  std::string route = {};
  ContentForm form = ContentForm::full;
  std::string request = {};
  std::string answer = {};

  bool operator==(const Content&) const = default;
};

enum class FeedbackKind : uint8_t {
  rating,  // value
  edit,    // text: the answer as a person left it
  truth    // text: what the answer should have been
};

struct Feedback {
  ExchangeId exchange = {};
  int64_t time_us = 0;
  FeedbackKind kind = FeedbackKind::rating;
  double value = 0;  // finite; what it means is the application's
  std::string text = {};
  std::string who = {};  // key or person that gave it

  bool operator==(const Feedback&) const = default;
};

enum class ErasureReason : uint8_t {
  subject,   // everything personal of `exchanges`
  retention  // the contents of `route` from before `before_us`
};

// That something was erased: the chain names what is missing.
struct Erasure {
  int64_t time_us = 0;
  ErasureReason reason = ErasureReason::subject;
  std::string pseudonym = {};  // subject: what stands in the subject's place now
  std::vector<ExchangeId> exchanges = {};
  std::string route = {};
  int64_t before_us = 0;

  bool operator==(const Erasure&) const = default;
};

// A configuration that came into force.
struct ConfigChange {
  int64_t time_us = 0;
  Digest digest = {};
  std::string source = {};  // "start", "reload", "rollback"

  bool operator==(const ConfigChange&) const = default;
};

// As reports, filters and JSON spell them.
std::string_view to_string(Fate fate);
std::string_view to_string(UsageSource source);
std::string_view to_string(AttemptRole role);
std::string_view to_string(ContentForm form);
std::string_view to_string(FeedbackKind kind);
std::string_view to_string(RecordKind kind);  // "intent"; "unknown" for what is none of them
std::optional<Fate> parse_fate(std::string_view name);
std::optional<FeedbackKind> parse_feedback_kind(std::string_view name);

// Now, for the records' times.
int64_t unix_now_us();

}  // namespace ferry
