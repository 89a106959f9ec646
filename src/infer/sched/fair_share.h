#pragma once
// How much each tenant has had of the engine, so that the one who had least goes next.
//
// A virtual token counter for each tenant (Sheng et al., "Fairness in Serving Large Language Models", OSDI
// 2024): it rises with every token computed for the tenant, a token of an answer counting twice. Among
// tenants that always have work, the counters stay close, whatever the lengths of their prompts. A tenant
// that comes back starts level with the least served of those that are there: time away earns nothing. Used
// by one thread (the engine's).

#include <cstdint>
#include <map>
#include <string>

namespace ferry {

struct Tenant {
  int64_t service = 0;    // weighted tokens
  int32_t sequences = 0;  // of its own, waiting or running
};

class FairShare {
 public:
  static constexpr int64_t kPromptToken = 1;
  static constexpr int64_t kAnswerToken = 2;

  // One more sequence of the tenant with this name; the reference lasts until leave() for the last one.
  Tenant& enter(const std::string& name);
  void leave(Tenant& tenant);
  void charge(Tenant& tenant, int64_t service) { tenant.service += service; }

  // That are remembered: those with sequences, and those that have had more than the least of these.
  size_t size() const { return tenants_.size(); }

 private:
  // The least service of the tenants with sequences; 0 when there are none.
  int64_t floor() const;

  std::map<std::string, Tenant> tenants_;
};

}  // namespace ferry
