#pragma once
// How the interpreter gives up: thrown inside the room, turned into a Result at its door (template.cpp).

#include <cstdint>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/core/result.h"

namespace ferry::jinja {

struct TemplateError {
  ErrorCode code;
  std::string message;
  uint32_t line = 0;  // of the template; 0: not known yet, the evaluator fills it in
};

template <class... Args>
[[noreturn]] void raise(fmt::format_string<Args...> format, Args&&... args) {
  throw TemplateError{ErrorCode::invalid_argument, fmt::format(format, std::forward<Args>(args)...)};
}

template <class... Args>
[[noreturn]] void raise_unsupported(fmt::format_string<Args...> format, Args&&... args) {
  throw TemplateError{ErrorCode::unsupported, fmt::format(format, std::forward<Args>(args)...)};
}

template <class... Args>
[[noreturn]] void raise_limit(fmt::format_string<Args...> format, Args&&... args) {
  throw TemplateError{ErrorCode::resource_exhausted, fmt::format(format, std::forward<Args>(args)...)};
}

}  // namespace ferry::jinja
