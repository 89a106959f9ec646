#pragma once
// JSON as models write it: the pieces that all JSON grammars are made of.
//
// Whitespace, unless compact: after { [ , : and before } ] there may be one space, or a line break and then
// up to 32 spaces or 8 tabs; nowhere else. So a model can neither lay out its answer badly nor go on with
// blanks forever. Numbers have at most 40 digits before the point, 40 after it, and an exponent up to 259, so
// that they stay finite in double precision.

#include <string>
#include <string_view>
#include <vector>

#include "infer/grammar/builder.h"

namespace ferry {

// What stands between the quotes of this string (valid UTF-8) in its canonical spelling: encode_json_char().
std::string canonical_content(std::string_view utf8);

class JsonText {
 public:
  JsonText(GrammarBuilder& parts, bool compact);

  // "{" and "[" with the whitespace after them, and so on.
  SymbolId open_object() const { return open_object_; }
  SymbolId close_object() const { return close_object_; }
  SymbolId open_array() const { return open_array_; }
  SymbolId close_array() const { return close_array_; }
  SymbolId comma() const { return comma_; }
  // The closing sign where nothing stands inside: the whitespace has been after the opening one.
  SymbolId end_empty_object() const { return end_empty_object_; }
  SymbolId end_empty_array() const { return end_empty_array_; }
  // The key in quotes, the colon and whitespace. `content` is what stands between the quotes.
  RegexId key(RegexId content);

  RegexId quoted(RegexId content);
  // Any string, with all escapes that JSON has; surrogates only in pairs.
  RegexId any_string();
  // The canonical spelling of this string, without quotes.
  RegexId string_content(std::string_view utf8) { return parts_.json.text_of(utf8); }
  RegexId boolean();
  RegexId null() { return parts_.pool.literal("null"); }
  // 0 or without leading zeros; up to 40 digits.
  RegexId natural();
  RegexId any_integer();
  RegexId any_number();

  // Any value, or any object, nested up to 32 deep.
  SymbolId any_value();
  SymbolId any_object();

  // Alternatives of `rule`: an array of min to max items.
  void array_of(SymbolId item, uint32_t min, uint32_t max, RuleId rule);

 private:
  struct Level {
    SymbolId value;
    SymbolId object;
  };
  void make_levels();

  GrammarBuilder& parts_;
  RegexId space_;
  SymbolId open_object_, close_object_, open_array_, close_array_, comma_, end_empty_object_,
      end_empty_array_;
  bool has_levels_ = false;
  Level top_{};
};

}  // namespace ferry
