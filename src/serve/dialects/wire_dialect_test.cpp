#include "serve/dialects/wire_dialect.h"

#include <gtest/gtest.h>

#include "base/core/json.h"

namespace ferry {
namespace {

TEST(WireDialect, AreFoundByTheirNames) {
  for (const WireDialect* dialect : wire_dialects()) EXPECT_EQ(find_dialect(dialect->name), dialect);
  EXPECT_EQ(find_dialect("openai"), nullptr);
}

// A null function would be called one day.
TEST(WireDialect, AreWhole) {
  for (const WireDialect* d : wire_dialects()) {
    EXPECT_TRUE(d->read_request && d->write_request && d->patch_request && d->read_answer && d->read_events &&
                d->read_error && d->patch_answer && d->patch_event && d->write_answer && d->write_events &&
                d->write_error && d->field_name)
        << d->name;
    EXPECT_TRUE(d->path.starts_with('/')) << d->name;
  }
}

TEST(Capabilities, NameEveryFeatureAndDialect) {
  const CapabilityRow row{"local/pilot", FeatureSet{Feature::chat, Feature::seed}};
  const json::value table = parse_json(capabilities_json({&row, 1}), "table").value();
  EXPECT_EQ(table.at("features").as_array().size(), kFeatures);
  EXPECT_EQ(table.at("dialects").as_object().size(), wire_dialects().size());
  EXPECT_EQ(to_json(table.at("targets")), R"({"local/pilot":["chat","seed"]})");
  for (const json::value& feature : table.at("features").as_array()) {
    const std::string name(feature.at("name").as_string());
    ASSERT_TRUE(find_feature(name));
    EXPECT_EQ(to_string(*find_feature(name)), name);
    EXPECT_FALSE(feature.at("description").as_string().empty());
  }
}

}  // namespace
}  // namespace ferry
