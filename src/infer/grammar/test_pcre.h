#pragma once
// PCRE2 as the oracle of regular expressions.

#define PCRE2_CODE_UNIT_WIDTH 8
#include <cstdint>
#include <string>

#include <pcre2.h>

namespace ferry {

class Pcre {
 public:
  explicit Pcre(const std::string& pattern) {
    int error = 0;
    size_t at = 0;
    const auto* text = reinterpret_cast<const uint8_t*>(pattern.data());
    code_ = pcre2_compile(text, pattern.size(), PCRE2_UTF | PCRE2_DOLLAR_ENDONLY, &error, &at, nullptr);
  }
  ~Pcre() { pcre2_code_free(code_); }
  Pcre(const Pcre&) = delete;
  Pcre& operator=(const Pcre&) = delete;

  bool compiled() const { return code_ != nullptr; }
  bool matches(const std::string& text, bool whole) const {
    pcre2_match_data* data = pcre2_match_data_create(1, nullptr);
    const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
    const uint32_t options = whole ? PCRE2_ANCHORED | PCRE2_ENDANCHORED : 0;
    const int result = pcre2_match(code_, bytes, text.size(), 0, options, data, nullptr);
    pcre2_match_data_free(data);
    return result >= 0;
  }

 private:
  pcre2_code* code_;
};

}  // namespace ferry
