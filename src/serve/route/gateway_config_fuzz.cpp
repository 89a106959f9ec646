// Any bytes as ferry.yaml: a configuration or errors, and what was read is chosen from and compared without a
// fault.

#include "serve/route/config_diff.h"
#include "serve/route/route_plan.h"

namespace ferry {
namespace {

void choose_in(const GatewayConfig& config) {
  for (const auto& [name, route] : config.routes) {
    RouteFacts facts{.conversation = 1, .draw = 2};
    facts.guard = decide(config.policy, route.labels);
    const RoutePlan plan = choose_targets(route, facts, [](const TargetConfig&) { return TargetState(); });
    for (const PlannedTarget& planned : plan.targets)
      FERRY_CHECK(judge(facts.guard, planned.target->destination()) != Verdict::forbid);
    FERRY_CHECK(parse_json(explain_json(plan), "plan").has_value());
  }
}

}  // namespace
}  // namespace ferry

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Beyond this, time goes into ever more of the same.
  if (size > (1 << 16)) return 0;
  // No file is read: names of files cannot begin in a folder that is not there.
  const ferry::ConfigReading reading =
      ferry::read_gateway_config({reinterpret_cast<const char*>(data), size}, {.folder = "/nonexistent"});
  FERRY_CHECK(reading.config != nullptr || !reading.errors.empty());
  if (!reading.config) return 0;
  ferry::choose_in(*reading.config);
  FERRY_CHECK(ferry::diff_configs(reading.config.get(), *reading.config).empty());
  return 0;
}
