#pragma once
// What became of exchanges, told to whoever counts: metrics, traces. The gateway calls it on network threads,
// so that it must not block; calls for different exchanges come from several threads at once.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "serve/route/route_config.h"
#include "serve/traffic/records.h"

namespace ferry {

// What is known from an exchange's beginning on. Views are good during the call only.
struct ObservedExchange {
  ExchangeId id = {};
  std::string_view route = {};      // empty: there is none of the name that was asked for
  std::string_view dialect = {};    // the client's: "openai_chat"
  std::string_view operation = {};  // as OpenTelemetry's GenAI conventions name it: "chat", "embeddings"
  std::string_view key_id = {};
  std::string_view team_id = {};
  std::string_view traceparent = {};  // the client's header, as it came; empty: none
  bool stream = false;
  int64_t began_us = 0;  // since 1970
};

// One sending to one target, over.
struct ObservedAttempt {
  uint32_t number = 1;
  const TargetConfig* target = nullptr;  // never null
  AttemptRole role = AttemptRole::answer;
  Fate fate = Fate::ok;
  int http_status = 0;               // the target's; 0: none came
  std::string_view error_kind = {};  // empty: none
  RecordedUsage usage = {};
  int64_t cost = 0;             // billionths
  int64_t began_us = 0;         // since 1970
  int64_t first_token_us = -1;  // from began_us on; -1: none came
  int64_t total_us = 0;
};

enum class CacheUse : uint8_t { none, miss, hit };  // none: the route has no cache, or the client wants none

// What the client got.
struct ObservedEnd {
  Fate fate = Fate::ok;
  int status = 200;                  // as the client was told; 0: it left
  std::string_view error_kind = {};  // empty: none
  CacheUse cache = CacheUse::none;
  const std::vector<std::string>* labels = nullptr;  // never null; sorted
  std::string_view verdict = {};                     // "allow", "redact", "forbid"
  uint32_t attempts = 0;
  int64_t first_token_us = -1;  // from ObservedExchange::began_us on
  int64_t total_us = 0;
};

class GatewayObserver {
 public:
  virtual ~GatewayObserver() = default;
  // An exchange was taken on; exactly one `ended` follows.
  virtual void began(const ObservedExchange& exchange) = 0;
  // Before `ended`, but for shadows, which may end later.
  virtual void attempt_ended(const ObservedExchange& exchange, const ObservedAttempt& attempt) = 0;
  virtual void ended(const ObservedExchange& exchange, const ObservedEnd& end) = 0;
  // The header that goes with an attempt, so that the target's spans are our attempt's children; empty: none.
  virtual std::string traceparent(const ObservedExchange& exchange, uint32_t attempt) = 0;
};

}  // namespace ferry
