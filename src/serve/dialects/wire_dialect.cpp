#include "serve/dialects/wire_dialect.h"

#include <algorithm>
#include <array>

namespace ferry {
namespace {

const std::array<const WireDialect*, 3> kDialects = {&kOpenAiChat, &kOpenAiCompletions, &kAnthropicMessages};

void write_features(JsonWriter& w, FeatureSet features) {
  w.begin_array();
  for (size_t i = 0; i < kFeatures; ++i) {
    const auto feature = static_cast<Feature>(i);
    if (features.has(feature)) w.value(to_string(feature));
  }
  w.end_array();
}

void write_meanings(JsonWriter& w) {
  w.begin_array();
  for (size_t i = 0; i < kFeatures; ++i) {
    const auto feature = static_cast<Feature>(i);
    w.begin_object();
    w.member("name", to_string(feature));
    w.member("description", describe(feature));
    w.member("advisory", is_advisory(feature));
    w.end_object();
  }
  w.end_array();
}

}  // namespace

std::span<const WireDialect* const> wire_dialects() {
  return kDialects;
}

const WireDialect* find_dialect(std::string_view name) {
  const auto found = std::find_if(kDialects.begin(), kDialects.end(),
                                  [&](const WireDialect* dialect) { return dialect->name == name; });
  return found == kDialects.end() ? nullptr : *found;
}

std::string capabilities_json(std::span<const CapabilityRow> targets) {
  std::string out;
  JsonWriter w(out);
  w.begin_object();
  w.key("features");
  write_meanings(w);
  w.key("dialects");
  w.begin_object();
  for (const WireDialect* dialect : wire_dialects()) {
    w.key(dialect->name);
    write_features(w, dialect->expressible);
  }
  w.end_object();
  w.key("targets");
  w.begin_object();
  for (const CapabilityRow& target : targets) {
    w.key(target.name);
    write_features(w, target.features);
  }
  w.end_object();
  w.end_object();
  return out;
}

}  // namespace ferry
