#pragma once
// Ends an answer of several lines early, as editors want completions of code: where a line leaves the block
// that it is in, or when the lines take too long.

#include <cstdint>
#include <optional>
#include <string>

namespace ferry {

struct LineLimitSettings {
  int32_t least_indent = 0;  // a line after the first with fewer spaces and tabs before its text ends
                             // the answer; lines without text do not
  std::optional<int64_t> end_ms = {};  // after the first line, ends the answer that has taken longer
  bool unlimited() const { return least_indent == 0 && !end_ms; }
};

class LineLimit {
 public:
  explicit LineLimit(LineLimitSettings settings) : settings_(settings) {}

  // Takes the answer's next piece of text. True where it ends the answer: `text` is then cut before the
  // line's first character that is neither space nor tab.
  bool cut(std::string& text);
  // Whether the text so far has taken too long; `elapsed_ms` since its first token.
  bool late(int64_t elapsed_ms) const {
    return after_first_ && settings_.end_ms && elapsed_ms > *settings_.end_ms;
  }

 private:
  LineLimitSettings settings_;
  bool after_first_ = false;  // a line break has come
  bool in_indent_ = false;    // nothing but spaces and tabs has come since
  int32_t indent_ = 0;        // so many
};

}  // namespace ferry
