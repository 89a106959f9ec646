#pragma once
// A schema as it is checked against: every subschema once, and references resolved, so that it may have
// circles.

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/core/json.h"
#include "base/schema/pattern.h"

namespace ferry {

using SchemaNodeId = int;
inline constexpr SchemaNodeId kNoSchema = -1;

enum SchemaType : unsigned {
  kNullType = 1,
  kBooleanType = 2,
  kIntegerType = 4,
  kNumberType = 8,
  kStringType = 16,
  kArrayType = 32,
  kObjectType = 64,
};

struct SizeBounds {
  int64_t least = 0;
  int64_t most = INT64_MAX;
};

// One subschema; fields as the keywords. Pointers lead into SchemaGraph::document.
struct SchemaNode {
  bool never = false;  // the schema `false`
  unsigned types = 0;  // bits of SchemaType; 0: any
  const json::array* enumeration = nullptr;
  const json::value* constant = nullptr;

  const json::value* minimum = nullptr;
  const json::value* maximum = nullptr;
  const json::value* exclusive_minimum = nullptr;
  const json::value* exclusive_maximum = nullptr;
  const json::value* multiple_of = nullptr;

  SizeBounds length;  // in characters
  const Pattern* pattern = nullptr;

  SizeBounds items_count;
  bool unique_items = false;
  std::vector<SchemaNodeId> prefix_items;
  SchemaNodeId items = kNoSchema;  // of those behind prefix_items
  SchemaNodeId contains = kNoSchema;
  SizeBounds contains_count{.least = 1};
  SchemaNodeId unevaluated_items = kNoSchema;

  SizeBounds members_count;
  std::vector<std::string_view> required;
  std::map<std::string_view, SchemaNodeId> properties;
  std::vector<std::pair<const Pattern*, SchemaNodeId>> pattern_properties;
  SchemaNodeId additional_properties = kNoSchema;
  SchemaNodeId property_names = kNoSchema;
  std::vector<std::pair<std::string_view, std::vector<std::string_view>>> dependent_required;
  std::vector<std::pair<std::string_view, SchemaNodeId>> dependent_schemas;
  SchemaNodeId unevaluated_properties = kNoSchema;

  std::vector<SchemaNodeId> all_of;  // and $ref
  std::vector<SchemaNodeId> any_of;
  std::vector<SchemaNodeId> one_of;
  SchemaNodeId negated = kNoSchema;
  SchemaNodeId condition = kNoSchema;
  SchemaNodeId then = kNoSchema;
  SchemaNodeId otherwise = kNoSchema;
};

struct SchemaGraph {
  json::value document;
  std::vector<SchemaNode> nodes;  // the first is the root
  std::map<std::string, Pattern, std::less<>> patterns;
  bool has_unevaluated = false;  // which members and items were looked at must be kept
};

Result<std::shared_ptr<const SchemaGraph>> compile_schema(const json::value& schema);

}  // namespace ferry
