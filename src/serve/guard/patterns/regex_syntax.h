#pragma once
// Regular expressions of the settings, read into a tree. The language is what a finite automaton can keep to
// without surprises, in the syntax that RE2 and PCRE share:
//   literals, . (anything but a line break), [a-z] [^a-z], \d \w \s \D \W \S (ASCII), \t \n \r \f \v \xHH
//   \x{HHHH}, groups ( ) (?: ), alternatives |, repeats ? * + {m} {m,} {m,n}, (?i) at the beginning.
// Refused by name: ^ $ \b (the settings' whole_word is the border), lazy and possessive repeats (a match is
// the longest there is), look-around, back-references, named groups, Unicode properties.
// (?i) folds ASCII letters in ranges, and any single letter that has another case.

#include <string_view>
#include <utility>
#include <vector>

#include "base/core/result.h"

namespace ferry {

using CharRange = std::pair<char32_t, char32_t>;  // both included

struct PatternNode {
  enum class Kind { empty, set, sequence, choice, repeat };

  Kind kind = Kind::empty;
  std::vector<CharRange> set = {};  // ascending, apart; without surrogates
  std::vector<int> children = {};   // indices of the tree's nodes
  int least = 0;                    // of a repeat
  int most = 0;                     // -1: without end
};

struct PatternTree {
  std::vector<PatternNode> nodes;
  int root = 0;
};

inline constexpr size_t kMaxRegexBytes = 2000;
inline constexpr int kMaxRegexDepth = 50;
inline constexpr int kMaxRepeat = 1000;

// The text must be UTF-8. Errors: what is wrong at which byte.
Result<PatternTree> parse_pattern(std::string_view pattern);

// Sorted, joined, without surrogates.
std::vector<CharRange> normalise(std::vector<CharRange> ranges);

}  // namespace ferry
