#pragma once
// How else each character of a name may be written.

#include <string>
#include <string_view>
#include <vector>

namespace ferry {

struct NameCharacter {
  std::vector<std::string> spellings;  // UTF-8, each once
  int most = 1;                        // so many of them may follow each other: of white space
};

// The name's characters, white space around it removed and each run within it one character. Letters are
// spelt in both cases and title case, composed (NFC) and decomposed (NFD); what folds to several letters
// (sharp s, ligatures) also as those.
std::vector<NameCharacter> name_characters(std::string_view name);

}  // namespace ferry
