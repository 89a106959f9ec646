#pragma once
// For the property test of residency: random configurations as plain data, written as ferry.yaml, and what
// they forbid. Worked out here from the documentation, without the guard's own code, so that both can be
// compared.

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <fmt/ranges.h>

#include "base/core/rng.h"

namespace ferry::residency {

inline bool chance(Rng& rng, double share) {
  return rng.uniform() < share;
}

template <class T>
const T& pick(Rng& rng, const std::vector<T>& from) {
  return from[rng.below(from.size())];
}

inline std::vector<std::string> some_of(Rng& rng, const std::vector<std::string>& from, double share) {
  std::vector<std::string> some;
  for (const std::string& one : from) {
    if (chance(rng, share)) some.push_back(one);
  }
  return some;
}

inline std::string flow(const std::vector<std::string>& items) {
  return fmt::format("[{}]", fmt::join(items, ", "));
}

struct Demand {
  bool block = false;
  bool stay_local = false;
  bool redact = false;
  std::optional<std::set<std::string>> regions = {};
  std::optional<std::set<std::string>> providers = {};

  void add(const Demand& other) {
    const auto meet = [](auto& mine, const auto& theirs) {
      if (!theirs) return;
      if (!mine) mine = theirs;
      std::erase_if(*mine, [&](const std::string& name) { return !theirs->contains(name); });
    };
    block |= other.block;
    stay_local |= other.stay_local;
    redact |= other.redact;
    meet(regions, other.regions);
    meet(providers, other.providers);
  }
};

struct Vendor {
  std::string name;
  std::string region = {};  // empty: not known
  bool anthropic = false;
  bool dead = false;  // nobody listens there
};

// A kind of what is planted into requests: as `detectors.kinds` and `detectors.found` call it.
inline const std::vector<std::string> kKinds{"email",       "phone",  "iban",       "card",
                                             "national_id", "secret", "name.staff", "custom.ticket"};
inline const std::vector<std::string> kRegions{"us", "eu"};
inline const std::vector<std::string> kLabels{"l0", "l1", "l2", "l3", "l4"};
inline const std::vector<std::string> kVendors{"v0", "v1", "v2", "v3"};

struct Route {
  std::string name;
  std::string yaml = {};  // all of its fields but the labels
  std::vector<std::string> labels = {};
  bool has_shadows = false;
  bool has_cascade = false;
};

// What is known of an exchange that may be sent somewhere.
struct Cargo {
  std::string route;
  std::vector<std::string> labels = {};  // of its key and its header
  std::set<std::string> kinds = {};      // of the values that were planted
  bool unreadable = false;               // has an image
};

struct World {
  std::map<std::string, Vendor> vendors;
  std::map<std::string, Demand> labels;
  std::map<std::string, std::vector<std::string>> found;  // kind -> labels
  std::vector<std::string> kinds;                         // of `detectors.kinds`; empty: all
  std::map<std::string, Route> routes;

  // Lists and expressions are always looked for.
  bool finds(const std::string& kind) const {
    const bool is_given = kind.find('.') != std::string::npos;
    return is_given || kinds.empty() || std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
  }

  Demand demand(const Cargo& cargo) const {
    std::vector<std::string> carried = cargo.labels;
    const auto add = [&](const std::vector<std::string>& more) {
      carried.insert(carried.end(), more.begin(), more.end());
    };
    add(routes.at(cargo.route).labels);
    for (const std::string& kind : cargo.kinds) {
      const auto brings = found.find(kind);
      if (finds(kind) && brings != found.end()) add(brings->second);
    }
    Demand sum;
    for (const std::string& label : carried) {
      const auto rule = labels.find(label);
      sum.add(rule == labels.end() ? Demand{.stay_local = true} : rule->second);
    }
    if (cargo.unreadable && (!found.empty() || sum.redact)) sum.stay_local = true;
    return sum;
  }

  // Of one that is not local.
  bool forbids(const Cargo& cargo, const std::string& vendor) const {
    const Demand all = demand(cargo);
    const auto lacks = [](const auto& names, const std::string& name) {
      return names && (name.empty() || !names->contains(name));
    };
    return all.block || all.stay_local || lacks(all.regions, vendors.at(vendor).region) ||
           lacks(all.providers, vendor);
  }

  // Whether a vendor may see no value of this kind, should the exchange come to it.
  bool hides(const Cargo& cargo, const std::string& kind) const {
    return demand(cargo).redact && finds(kind);
  }
};

inline Demand random_demand(Rng& rng) {
  Demand demand{.block = chance(rng, 0.1), .stay_local = chance(rng, 0.2), .redact = chance(rng, 0.4)};
  const auto set_of = [](const std::vector<std::string>& names) {
    return std::set<std::string>(names.begin(), names.end());
  };
  if (chance(rng, 0.3)) demand.regions = set_of(some_of(rng, kRegions, 0.5));
  if (chance(rng, 0.3)) demand.providers = set_of(some_of(rng, kVendors, 0.6));
  return demand;
}

// Target names are the batch's own, so that breakers learn nothing from another batch.
class RouteMaker {
 public:
  RouteMaker(Rng& rng, int batch) : rng_(rng), batch_(batch) {}

  Route make(const std::string& name, const std::vector<std::string>& others) {
    Route route{.name = name, .labels = some_of(rng_, kLabels, 0.1)};
    std::string& yaml = route.yaml;
    yaml += "    targets: " + weighted() + "\n";
    if (chance(rng_, 0.8)) yaml += "    fallbacks: " + fallbacks(others) + "\n";
    if (chance(rng_, 0.4)) yaml += rules();
    if (chance(rng_, 0.3)) yaml += "    sticky: conversation\n";
    if (chance(rng_, 0.35)) {
      route.has_shadows = true;
      yaml += fmt::format("    shadow: [{{target: {}, share: {}}}]\n", target("shadow"),
                          chance(rng_, 0.7) ? "1" : "0.5");
    }
    if (chance(rng_, 0.2)) {
      route.has_cascade = true;
      yaml += fmt::format("    cascade: {{first: local/c{}, {}}}\n", batch_,
                          chance(rng_, 0.5) ? "regex: unheard-of" : "refusal: true, length: true");
    }
    if (chance(rng_, 0.2)) yaml += "    cache: {ttl: 1m}\n";
    if (chance(rng_, 0.2)) yaml += "    guardrails: {words: [forbidden], action: flag}\n";
    if (chance(rng_, 0.3)) yaml += fmt::format("    record: {}\n", chance(rng_, 0.5) ? "redacted" : "full");
    yaml += fmt::format("    on_unsupported: {}\n",
                        pick(rng_, std::vector<std::string>{"reject", "drop", "warn"}));
    yaml += fmt::format("    retries: {}\n", rng_.below(4));
    return route;
  }

 private:
  std::string target(std::string_view role) {
    if (role == "any" && chance(rng_, 0.15)) return fmt::format("local/m{}", batch_);
    return fmt::format("{}/{}-{}-{}", pick(rng_, kVendors), role, batch_, rng_.below(2));
  }
  std::string weighted() {
    std::map<std::string, int> chosen;
    for (uint64_t i = 1 + rng_.below(3); i > 0; --i)
      chosen.emplace(target("any"), 1 + static_cast<int>(rng_.below(3)));
    std::vector<std::string> targets;
    for (const auto& [name, weight] : chosen)
      targets.push_back(fmt::format("{{target: {}, weight: {}}}", name, weight));
    return flow(targets);
  }
  std::string fallbacks(const std::vector<std::string>& others) {
    std::set<std::string> names;
    for (uint64_t i = 1 + rng_.below(3); i > 0; --i) names.insert(target("any"));
    if (!others.empty() && chance(rng_, 0.2)) names.insert("route/" + pick(rng_, others));
    return flow({names.begin(), names.end()});
  }
  std::string rules() {
    const std::string condition = pick(
        rng_, std::vector<std::string>{fmt::format("labels: [{}]", pick(rng_, kLabels)), "tags: {kind: odd}",
                                       "tools: true", "images: true", "characters: {least: 200}"});
    return fmt::format("    when: [{{if: {{{}}}, targets: {}, fallbacks: {}}}]\n", condition, weighted(),
                       fallbacks({}));
  }

  Rng& rng_;
  const int batch_;
};

inline World random_world(Rng& rng, int batch) {
  World world;
  for (const std::string& name : kVendors) {
    world.vendors[name] = {.name = name,
                           .region = pick(rng, std::vector<std::string>{"us", "eu", ""}),
                           .anthropic = chance(rng, 0.5),
                           .dead = chance(rng, 0.1)};
  }
  for (const std::string& label : kLabels) world.labels[label] = random_demand(rng);
  for (const std::string& kind : kKinds) {
    if (chance(rng, 0.4)) world.found[kind] = {pick(rng, kLabels)};
  }
  if (chance(rng, 0.3)) {
    world.kinds = some_of(rng, {"email", "phone", "iban", "card", "national_id", "secret"}, 0.7);
    if (world.kinds.empty()) world.kinds = {"email"};
  }
  RouteMaker maker(rng, batch);
  std::vector<std::string> names;
  for (const std::string name : {"r0", "r1", "r2"}) {
    world.routes[name] = maker.make(name, names);
    names.push_back(name);
  }
  return world;
}

// The same vendors, routes and detectors; labels that demand more, and findings that bring more of them.
inline World stricter(World world, Rng& rng) {
  for (auto& [label, demand] : world.labels) {
    if (chance(rng, 0.6)) demand.add(random_demand(rng));
  }
  for (const std::string& kind : kKinds) {
    std::vector<std::string>& brings = world.found[kind];
    const std::string& label = pick(rng, kLabels);
    const bool is_new = std::find(brings.begin(), brings.end(), label) == brings.end();
    if (is_new && chance(rng, 0.3)) brings.push_back(label);
    if (brings.empty()) world.found.erase(kind);
  }
  return world;
}

inline std::string label_yaml(const Demand& demand) {
  std::vector<std::string> fields;
  if (demand.block) fields.emplace_back("block: true");
  if (demand.stay_local) fields.emplace_back("stay_local: true");
  if (demand.redact) fields.emplace_back("redact: true");
  if (demand.regions) fields.push_back(fmt::format("regions: [{}]", fmt::join(*demand.regions, ", ")));
  if (demand.providers) fields.push_back(fmt::format("providers: [{}]", fmt::join(*demand.providers, ", ")));
  return fmt::format("{{{}}}", fmt::join(fields, ", "));
}

// `url`: of the server that plays all vendors, each under its own path.
inline std::string yaml_of(const World& world, const std::string& url) {
  std::string yaml = "providers:\n";
  for (const auto& [name, vendor] : world.vendors) {
    yaml += fmt::format(
        "  {0}: {{dialect: {1}, url: {2}/{0}/v1, allow_private: true, timeouts: {{first_token: "
        "150ms}}{3}}}\n",
        name, vendor.anthropic ? "anthropic" : "openai", vendor.dead ? "http://127.0.0.1:1" : url,
        vendor.region.empty() ? "" : ", region: " + vendor.region);
  }
  yaml += "labels:\n";
  for (const auto& [name, demand] : world.labels) yaml += fmt::format("  {}: {}\n", name, label_yaml(demand));
  yaml += "detectors:\n  names: {staff: [Zebulon Quark]}\n  expressions: {ticket: 'TICKET-\\d{6}'}\n";
  if (!world.kinds.empty()) yaml += "  kinds: " + flow(world.kinds) + "\n";
  if (!world.found.empty()) yaml += "  found:\n";
  for (const auto& [kind, labels] : world.found) yaml += fmt::format("    {}: {}\n", kind, flow(labels));
  yaml += "routes:\n";
  for (const auto& [name, route] : world.routes) {
    yaml += fmt::format("  {}:\n{}", name, route.yaml);
    if (!route.labels.empty()) yaml += "    labels: " + flow(route.labels) + "\n";
  }
  return yaml;
}

}  // namespace ferry::residency
