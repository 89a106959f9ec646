#pragma once
// The text a detector may look at: a part of a longer one, whose end may not have come yet. A detector is a
// function of the bytes it reads. Reading past what is there is remembered, and then what the detector says
// does not count: it is asked again when more has come. So a finding cannot depend on where a text was cut.

#include <cstddef>
#include <string_view>

namespace ferry {

class Window {
 public:
  // `whole`: the text ends where the window does. A window begins with the text, or with at least
  // kLookBehind bytes before the place that detectors are asked about.
  Window(std::string_view text, bool whole) : text_(text), whole_(whole) {}

  // The byte there; -1 before the beginning and after the end.
  int at(ptrdiff_t offset) const {
    if (static_cast<size_t>(offset) < text_.size()) return static_cast<unsigned char>(text_[offset]);
    if (offset >= 0) fell_short_ |= !whole_;
    return -1;
  }
  bool starts_with(size_t offset, std::string_view expected) const {
    for (size_t i = 0; i < expected.size(); ++i) {
      if (at(offset + i) != static_cast<unsigned char>(expected[i])) return false;
    }
    return true;
  }
  // What has come, for looking back and for reading again what at() has shown.
  std::string_view text() const { return text_; }
  bool whole() const { return whole_; }
  size_t size() const { return text_.size(); }

  bool fell_short() const { return fell_short_; }
  void ask_again() const { fell_short_ = false; }

 private:
  std::string_view text_;
  bool whole_;
  mutable bool fell_short_ = false;
};

// No detector looks further back than this from where it is asked.
inline constexpr size_t kLookBehind = 192;

}  // namespace ferry
