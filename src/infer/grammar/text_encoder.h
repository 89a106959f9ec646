#pragma once
// Characters to bytes: how texts are spelled where a grammar has them, and which expressions stand for one
// character.

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_set>
#include <vector>

#include "infer/grammar/char_set.h"
#include "infer/grammar/regex_pool.h"
#include "infer/grammar/regex_syntax.h"

namespace ferry {

enum class TextForm : uint8_t {
  plain,  // UTF-8
  json,   // between the quotes of a JSON string, canonically: encode_json_char()
};

// The characters that nearly all strings may have: no control characters, quotes, backslashes or line ends.
// Most of a vocabulary is made of them alone.
const CharSet& common_chars();

// Expressions for one character that has at least common_chars(), each as itself. Wherever any number of
// those may come, all such tokens may.
using WideParts = std::unordered_set<RegexId>;

// Must not outlive the pool.
class TextEncoder {
 public:
  TextEncoder(RegexPool& pool, WideParts& wide, TextForm form) : pool_(pool), wide_(wide), form_(form) {}

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
  WideParts& wide_;
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
