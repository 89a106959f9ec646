#pragma once
// What $id, $anchor and $ref mean within one document: nothing outside of it is ever looked for.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/core/json.h"

namespace ferry {

// Filled while a schema is walked from its root; then asked. Pointers lead into the document.
class SchemaReferences {
 public:
  using Resource = size_t;  // a schema with an $id, or the root

  explicit SchemaReferences(const json::value& root) { resources_.push_back({.id = "", .root = &root}); }

  Resource root() const { return 0; }
  static constexpr size_t kMaxIdBytes = 1024;
  // A subschema whose $id makes it a resource of its own. `id` as it is written, against its parent's.
  // Nothing where that is longer than kMaxIdBytes.
  std::optional<Resource> add_resource(Resource parent, std::string_view id, const json::value& schema);
  void add_anchor(Resource resource, std::string_view name, const json::value& schema);
  // Which resource a subschema belongs to, so that a pointer that leads into another one is read there.
  void place(const json::value& schema, Resource resource) { places_[&schema] = resource; }

  struct Target {
    const json::value* schema = nullptr;  // null: not in this document
    Resource resource = 0;
  };
  Target find(Resource from, std::string_view reference) const;

 private:
  struct Entry {
    std::string id;  // absolute as far as the document says
    const json::value* root = nullptr;
    std::map<std::string, const json::value*, std::less<>> anchors = {};
  };

  Target follow(Resource resource, std::string_view pointer) const;

  std::vector<Entry> resources_;
  std::unordered_map<std::string, Resource> by_id_;  // the first of each
  std::unordered_map<const json::value*, Resource> places_;
};

}  // namespace ferry
