#pragma once
// Expected failures are values: a function that can fail returns Result<T>. The message says what went
// wrong, where (file, tensor, field) and, where that helps, what to do. Assertions (FERRY_CHECK) are for
// our own bugs and stay on in every build.

#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <tl/expected.hpp>

namespace ferry {

// What kind of failure it is; app/api decides which HTTP status each becomes.
enum class ErrorCode {
  invalid_argument,    // the caller's request or configuration is wrong
  not_found,           // no such file, model, tensor, route
  corrupt,             // a file's bytes contradict themselves or its format
  unsupported,         // well-formed, but not something that Ferry does (yet)
  resource_exhausted,  // a limit or the memory is reached
  overloaded,          // too much is being done already: slow down, and try again
  unavailable,         // try again later
  cancelled,
  io,  // the operating system said no
  internal,
};

struct Error {
  ErrorCode code;
  std::string message;

  // The same failure, told from further out: "models/x/config.json: " + message.
  Error within(std::string_view where) && { return {code, fmt::format("{}: {}", where, message)}; }
};

template <class T>
using Result = tl::expected<T, Error>;

template <class... Args>
tl::unexpected<Error> fail(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected<Error>(Error{code, fmt::format(format, std::forward<Args>(args)...)});
}

// Prints the condition and where it stands, then aborts.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace ferry

#define FERRY_CHECK(condition) \
  (static_cast<bool>(condition) ? void(0) : ::ferry::check_failed(#condition, __FILE__, __LINE__))

#define FERRY_CONCAT_INNER(a, b) a##b
#define FERRY_CONCAT(a, b) FERRY_CONCAT_INNER(a, b)

// FERRY_TRY(auto file, MappedFile::open(path));   declares `file`, or returns the error
#define FERRY_TRY(declaration, ...) \
  FERRY_TRY_INNER(FERRY_CONCAT(ferry_try_, __LINE__), declaration, __VA_ARGS__)
#define FERRY_TRY_INNER(temporary, declaration, ...)                                     \
  auto temporary = (__VA_ARGS__);                                                        \
  if (!temporary) return ::tl::unexpected<::ferry::Error>(std::move(temporary).error()); \
  declaration = std::move(*temporary)

// FERRY_TRY_VOID(check_shape(tensor));   for Result<void>
#define FERRY_TRY_VOID(...)                                                       \
  if (auto ferry_try_result = (__VA_ARGS__); !ferry_try_result) {                 \
    return ::tl::unexpected<::ferry::Error>(std::move(ferry_try_result).error()); \
  }
