#pragma once
// The well-known splitting patterns of byte-level BPE models, matched by hand: several times as fast as the
// compiled regular expressions, and equal to them (word_pattern_test.cpp).

#include <cstddef>
#include <optional>
#include <string_view>

namespace ferry {

class WordPattern {
 public:
  // The pattern whose regular expression is spelled like this, if it is one that this class knows.
  static std::optional<WordPattern> of(std::string_view regex);

  // The end of the match that begins at `at` (these patterns match everywhere): more than `at`.
  // The text is valid UTF-8, at < text.size().
  size_t match_end(std::string_view text, size_t at) const;

 private:
  // gpt2:   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
  // cl100k: (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*
  //         |\s*[\r\n]+|\s+(?!\S)|\s+
  enum class Kind { gpt2, cl100k };
  // How (?i:'s) and ['][sS] differ: the former takes U+017F (long s), too.
  struct Options {
    Kind kind;
    int most_digits = 0;  // in a row; cl100k only
    bool long_s = false;
  };

  explicit WordPattern(Options options) : options_(options) {}

  size_t gpt2_end(std::string_view text, size_t at) const;
  size_t cl100k_end(std::string_view text, size_t at) const;

  Options options_;
};

}  // namespace ferry
