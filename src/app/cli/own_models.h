#pragma once
// What a token of one's own models came to: the record's tokens and the configuration's hardware.

#include <optional>
#include <string>
#include <vector>

#include "serve/route/gateway_config.h"
#include "serve/traffic/store.h"

namespace ferry::cli {

struct OwnModelRow {
  std::string target;
  TimeRange period;      // the hardware's price did not change in it
  int64_t tokens = 0;    // of prompts and answers, shadows too
  int64_t hardware = 0;  // money: the period's
  // Money for a million tokens. Not set: it served none; nobody said what full load is.
  std::optional<int64_t> served = {};
  std::optional<int64_t> full_load = {};
};

// Every target with a price of hardware, by name, in the range as far as its newest price there holds and
// until `now_us`.
Result<std::vector<OwnModelRow>> own_model_report(TrafficStore& store, const GatewayConfig& config,
                                                  const TimeRange& range, int64_t now_us);

}  // namespace ferry::cli
