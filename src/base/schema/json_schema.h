#pragma once
// Whether a JSON document keeps to a JSON Schema. Both may come from strangers: the work of a check, its
// recursion and its memory are bounded, expressions do not backtrack without end, and nothing is ever
// fetched.
//
// Drafts 2020-12 and 2019-09 (also where $schema names none), and 7, 6 as far as `$schema` names them: there
// $ref stands alone. All keywords that decide anything, but for:
//   $dynamicRef, $recursiveRef, and references out of the schema: refused by name
//   format, content*: annotations, which decide nothing
// `items` as a list with `additionalItems`, `definitions` and `dependencies` hold in every draft. Regular
// expressions are pattern.h's. What a document's numbers mean is what parse_json() made of them.

#include <memory>

#include "base/core/json.h"
#include "base/schema/work.h"

namespace ferry {

struct SchemaGraph;

// Immutable; any thread.
class JsonSchema {
 public:
  // Errors: invalid_argument or unsupported, with the place in the schema: "/properties/a/minimum must be a
  // number, not a string". resource_exhausted: nested deeper than 128.
  static Result<JsonSchema> compile(const json::value& schema);

  // An error says what is wrong and where, with the first hundred bytes of the place at most, and of the
  // document nothing else: invalid_argument: "/items/3/price must be at least 0"; resource_exhausted: the
  // schema refers to itself without end, or takes more work than there is.
  Result<void> check(const json::value& document) const;
  Result<void> check(const json::value& document, Work& work) const;

 private:
  explicit JsonSchema(std::shared_ptr<const SchemaGraph> graph) : graph_(std::move(graph)) {}

  std::shared_ptr<const SchemaGraph> graph_;
};

}  // namespace ferry
