#pragma once
// Finds what a pre-tokenizer splits at, from left to right.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/core/function_ref.h"
#include "base/core/result.h"

namespace ferry {

// Immutable; any thread may use it. Texts are valid UTF-8.
class Matcher {
 public:
  using Sink = FunctionRef<void(size_t begin, size_t end)>;

  virtual ~Matcher() = default;
  // Calls `match` for each match in order; matches do not overlap, some may be empty.
  virtual void find(std::string_view text, Sink match) const = 0;
};

// Every occurrence of a text; an empty one occurs nowhere.
std::unique_ptr<Matcher> literal_matcher(std::string literal);

// Every single character that has one of the classes (char_class.h).
std::unique_ptr<Matcher> class_matcher(uint8_t classes);

// A regular expression in Oniguruma's syntax, as tokenizer.json files have them. Known patterns of byte-level
// BPE models get a hand-written matcher (word_pattern.h), all others go to PCRE2.
Result<std::unique_ptr<Matcher>> regex_matcher(std::string_view pattern);
// The same, without the hand-written ones.
Result<std::unique_ptr<Matcher>> pcre_matcher(std::string_view pattern);

}  // namespace ferry
