#pragma once
// A JSON Schema as a document: which draft it follows, where each schema in it stands, and what references
// mean.

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/core/json.h"
#include "base/core/result.h"

namespace ferry {

// Borrows the schema. Errors name the JSON pointer and the keyword.
class SchemaDocument {
 public:
  // Looks through all of it once: how large it is, ids and anchors.
  static Result<SchemaDocument> open(const json::value& schema, size_t max_bytes);

  const json::value& root() const { return *root_; }
  // Draft 7 or before: keywords beside $ref are ignored.
  bool legacy() const { return legacy_; }
  // The schema that a $ref in `from` names. Within the document only.
  Result<const json::value*> resolve(const json::object& from, std::string_view reference) const;
  // The JSON pointer of a value of the document (or of one that was told by place()).
  std::string pointer(const void* value) const;
  // A value made while compiling stands for this one.
  void place(const json::value& value, const void* instead_of);

  template <class... Args>
  tl::unexpected<Error> error(ErrorCode code, const void* schema, std::string_view keyword,
                              fmt::format_string<Args...> format, Args&&... args) const {
    return fail(code, "JSON Schema, at \"{}\": \"{}\" {}", "#" + pointer(schema), keyword,
                fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  struct Place {
    const void* parent = nullptr;
    std::string step = {};              // from the parent: a key or an index
    const json::value* base = nullptr;  // the nearest schema around with an $id of its own
  };

  Result<void> look_through(size_t max_bytes);
  Result<void> note_names(const json::object& object, const json::value& value, Place& place);
  Result<const json::value*> follow(const json::value& base, std::string_view pointer,
                                    const json::object& from) const;

  const json::value* root_ = nullptr;
  bool legacy_ = false;
  std::string root_id_;
  std::unordered_map<const void*, Place> places_;  // values, and the objects in them
  std::unordered_map<std::string, const json::value*> anchors_;
  std::vector<std::string> doubled_anchors_;
};

}  // namespace ferry
