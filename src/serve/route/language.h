#pragma once
// Which language a text is in, by its script and its frequent words. Small and quick; it says nothing where
// it is not sure: texts of few words, names, code, mixtures. Related languages that share their frequent
// words (Norwegian and Danish, Serbian and Bulgarian in short texts) may be taken for one another.

#include <string>
#include <string_view>
#include <vector>

namespace ferry {

// ISO 639-1, "de"; empty: not known. Looks at no more than the first 4 KiB.
std::string detect_language(std::string_view text);

// The codes that it knows, and "unknown"; sorted.
std::vector<std::string> known_languages();

}  // namespace ferry
