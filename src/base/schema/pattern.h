#pragma once
// A regular expression in the syntax that JSON Schemas use (ECMA 262's, as PCRE2 reads it), searched for in
// bounded work and without recursion: an expression that backtracks without end costs its share and no more.

#include <memory>
#include <string_view>

#include "base/core/result.h"
#include "base/schema/work.h"

namespace ferry {

// Immutable; any thread.
class Pattern {
 public:
  static constexpr size_t kMaxBytes = 4096;

  // Errors: invalid_argument, what is wrong at which byte; also where it is longer than kMaxBytes or grows
  // beyond what PCRE2 takes when its repeats are written out.
  static Result<Pattern> compile(std::string_view expression);

  // Whether it matches anywhere in the text, which is UTF-8. Each step takes a unit of `work`, and one for
  // every 64 bytes that it may have to read. resource_exhausted when there is none left.
  Result<bool> search(std::string_view text, Work& work) const;
  // The same with work of its own.
  Result<bool> search(std::string_view text) const;

  size_t bytes() const;  // that it takes

 private:
  struct Free {
    void operator()(void* code) const;
  };
  explicit Pattern(void* code) : code_(code) {}

  std::unique_ptr<void, Free> code_;  // pcre2_code
};

}  // namespace ferry
