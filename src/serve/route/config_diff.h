#pragma once
// What changes between two configurations, by meaning: order, comments and defaults written out are no
// change.

#include <string>
#include <vector>

#include "serve/route/gateway_config.h"

namespace ferry {

struct ConfigDifference {
  std::string path;    // "routes.support.targets.openai/gpt"
  std::string before;  // JSON; empty: it was not there
  std::string after;   // JSON; empty: it is there no more

  bool operator==(const ConfigDifference&) const = default;
};

// By path. `before` may be null: everything is new.
std::vector<ConfigDifference> diff_configs(const GatewayConfig* before, const GatewayConfig& after);

// One line for each: "+ path: value", "- path: value", "~ path: before → after".
std::string diff_text(const std::vector<ConfigDifference>& changes);

}  // namespace ferry
