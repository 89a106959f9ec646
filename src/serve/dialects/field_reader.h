#pragma once
// Reads the members of a request's JSON object by name. The first thing that is wrong is kept as the answer;
// after it every read gives nothing, so that callers read on without asking and ask once at the end. What is
// well formed but not honoured by our engine is kept apart: another may have it (features.h).

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/json.h"
#include "serve/dialects/features.h"
#include "serve/dialects/openai_error.h"

namespace ferry {

// A field that is known but not honoured. Its `neutral` value, JSON text, asks for nothing; so do null and
// empty lists and objects.
struct UnsupportedField {
  std::string_view name;
  std::string_view neutral;
};

class FieldReader {
 public:
  // `object` must outlive the reader. `path` is prefixed to names in messages: "messages[1].".
  explicit FieldReader(const json::object& object, std::string path = "");

  // The member, or null where it is absent or null. Every read marks its name as known.
  const json::value* get(std::string_view name);
  std::optional<bool> boolean(std::string_view name);
  std::optional<double> number(std::string_view name, double least, double most);
  std::optional<int64_t> integer(std::string_view name, int64_t least, int64_t most);
  std::optional<std::string> text(std::string_view name);
  const json::object* object(std::string_view name);
  const json::array* array(std::string_view name);
  // An array of token ids, or of strings; empty where it is absent.
  std::vector<int32_t> tokens(std::string_view name, size_t most);
  std::vector<std::string> texts(std::string_view name, size_t most);

  // Marks names as known whose values change nothing, and notes those that are there.
  void accept(std::span<const std::string_view> names, Feature feature = Feature::hints);
  // Notes those of these fields that ask for something. `why` follows the name in the message.
  void refuse_unsupported(std::span<const UnsupportedField> fields,
                          std::string_view why = "is not supported yet");
  // The members that nobody has asked for.
  std::vector<std::string> unknown() const;
  // Their values, and those of the members that are only known: what is left of the object when all that was
  // read is gone. Adds a use of Feature::unknown for each of unknown().
  json::object take_rest();
  // The same, without a note.
  json::object rest() const;

  // Keeps the first failure of this object. `name` is a member's, or empty for the whole.
  void refuse(std::string_view name, std::string_view message, ErrorCode code = ErrorCode::invalid_argument);
  // The same for a member that must be there and is not.
  void refuse_missing(std::string_view name, std::string_view message);
  // Notes what our engine refuses with these words, and others may take. The member counts as not read. The
  // name must outlive the reader.
  void note(std::string_view name, std::string_view message, Feature feature,
            ErrorCode code = ErrorCode::unsupported);
  // Notes what changes no answer.
  void note_hint(std::string_view name, Feature feature = Feature::hints);
  // The same for each member that nobody has asked for, unless it is null or empty.
  void note_unknown(Feature feature);
  // Takes over the failure and the notes of a reader of something inside.
  void take_failure(const FieldReader& inner);
  // The same; a note within makes the member one that was not read.
  void take_member(std::string_view name, const FieldReader& inner);
  void take_failure(ApiError error);
  // For those whose answers come from our engine alone: the first that it refuses is the failure.
  void settle();
  bool failed() const { return failure_.has_value(); }
  const ApiError& failure() const { return *failure_; }
  const std::vector<FeatureUse>& uses() const { return uses_; }
  const std::string& path() const { return path_; }

 private:
  const json::array* array_up_to(std::string_view name, size_t most, std::string_view what);
  ApiError error_of(std::string_view name, std::string_view message, ErrorCode code) const;
  std::string path_of(std::string_view name) const;
  // What became of a member. `left`: its name is known, and nobody has taken its value.
  enum class Mark : uint8_t { unknown, read, left };

  // Null: there is no such member. There are a hundred names to be asked for and a handful of members.
  Mark* mark_of(std::string_view name);
  const json::value* find(std::string_view name) const;
  void refuse_kind(std::string_view name, std::string_view wanted, const json::value& value);

  const json::object& object_;
  std::string path_;
  std::vector<Mark> marks_;  // of the object's members, in their order
  std::vector<FeatureUse> uses_;
  std::optional<ApiError> failure_;
};

}  // namespace ferry
