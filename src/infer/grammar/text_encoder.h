#pragma once
// Characters to bytes: how texts are spelled where a grammar has them, and which expressions stand for one
// character.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "infer/grammar/char_set.h"
#include "infer/grammar/regex_pool.h"
#include "infer/grammar/regex_syntax.h"

namespace ferry {

enum class TextForm : uint8_t {
  plain,  // UTF-8
  json,   // between the quotes of a JSON string, canonically: encode_json_char()
};

// Sets of characters that many strings are made of, the largest first: all but control characters, quotes,
// backslashes and line ends; ASCII letters and digits; lower-case letters. Most of a vocabulary is made of
// the first alone.
constexpr size_t kFamilies = 3;
const std::array<CharSet, kFamilies>& families();

// Expressions for one character, which has at least all of some families, each character as itself: a bit for
// each such family. Wherever any number of them may come, all tokens of the family may.
using FamilyParts = std::unordered_map<RegexId, uint8_t>;
constexpr uint8_t kAllFamilies = (1u << kFamilies) - 1;
constexpr uint8_t kEveryCharacter = 1u << kFamilies;  // beside the families: it has all characters there are

// Must not outlive the pool.
class TextEncoder {
 public:
  TextEncoder(RegexPool& pool, FamilyParts& family_parts, TextForm form)
      : pool_(pool), family_parts_(family_parts), form_(form) {}

  RegexPool& pool() { return pool_; }
  TextForm form() const { return form_; }
  RegexId chars(const CharSet& set);
  RegexId any_text() { return pool_.star(chars(CharSet::all())); }
  RegexId text_of(std::string_view utf8);

  // The texts that match as a whole; or those in which a match is found, as ECMA-262's test() and JSON
  // Schema's `pattern` have it. `unsupported` where an anchor or lookahead stands in a place where it is not
  // understood.
  Result<RegexId> whole(const RegexTree& tree);
  Result<RegexId> search(const RegexTree& tree);

 private:
  RegexPool& pool_;
  FamilyParts& family_parts_;
  TextForm form_;
  std::map<std::vector<CharSet::Range>, RegexId> known_;
};

// How many characters the texts that whole() or search() give have, as far as it is plain to see: a superset.
struct CharCount {
  uint64_t min = 0;
  uint64_t max = UINT64_MAX;  // no limit known
};
CharCount count_chars(const RegexTree& tree, bool search);

// When the language is exactly: min to max characters of the set.
struct CharRepeat {
  CharSet set;
  uint32_t min;
  uint32_t max;
};
std::optional<CharRepeat> as_char_repeat(const RegexTree& tree, bool search);

}  // namespace ferry
