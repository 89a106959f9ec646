#pragma once
// Sets of characters (Unicode scalar values), and how one character of such a set is spelled in bytes.

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "infer/grammar/regex_pool.h"

namespace ferry {

constexpr char32_t kLastCharacter = 0x10FFFF;

// Never holds surrogates.
class CharSet {
 public:
  struct Range {
    char32_t first;
    char32_t last;  // included
    auto operator<=>(const Range&) const = default;
  };

  CharSet() = default;
  CharSet(std::initializer_list<Range> ranges);

  static CharSet all() { return {{0, kLastCharacter}}; }
  static CharSet of(char32_t c) { return {{c, c}}; }

  void add(char32_t first, char32_t last);
  void add(const CharSet& other);
  CharSet complement() const;
  CharSet operator&(const CharSet& other) const;
  CharSet operator-(const CharSet& other) const { return *this & other.complement(); }
  bool contains(char32_t c) const;
  bool contains(const CharSet& other) const { return (other - *this).empty(); }
  bool empty() const { return ranges_.empty(); }
  bool operator==(const CharSet&) const = default;

  // In order, with gaps between them.
  const std::vector<Range>& ranges() const { return ranges_; }

 private:
  void normalise();

  std::vector<Range> ranges_;
};

// What \d, \w and \s mean in ECMA-262: ASCII digits, ASCII word characters, white space and line ends.
CharSet digit_chars();
CharSet word_chars();
CharSet space_chars();
// All but line ends, as `.` means in ECMA-262.
CharSet dot_chars();
// The characters of a general category: "L", "Lu", "Letter", "Uppercase_Letter", ... `unsupported` for other
// properties.
Result<CharSet> category_chars(std::string_view name);

// One character of the set in UTF-8.
RegexId encode_utf8(RegexPool& pool, const CharSet& set);

// One character of the set inside a JSON string, each in its one canonical spelling: as itself where JSON
// allows that, \" \\ \b \t \n \f \r, and \u00xx for the other control characters.
RegexId encode_json_char(RegexPool& pool, const CharSet& set);

}  // namespace ferry
