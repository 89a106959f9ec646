#pragma once
// API keys: who may use the server at all.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"

namespace ferry::api {

// Immutable. Keys are never logged and never part of a message.
class ApiKeys {
 public:
  ApiKeys() = default;
  // `keys`, and those in `file` (one in each line; empty lines and lines that begin with # are skipped)
  // unless its name is empty. A key is visible ASCII without spaces.
  static Result<ApiKeys> load(const std::vector<std::string>& keys, const std::string& file);

  bool empty() const { return keys_.empty(); }

  // Which of the keys the value of an Authorization header is "Bearer" and; always 0 without keys, nothing
  // where it is none of them. The time it takes tells nothing about the keys but their lengths.
  std::optional<size_t> find(std::optional<std::string_view> authorization) const;

 private:
  std::vector<std::string> keys_;
};

bool is_loopback(std::string_view host);

// Refuses to listen beyond this machine without a key, and says what to do instead.
Result<void> check_exposure(std::string_view host, const ApiKeys& keys, bool allow_no_key);

// Whether a Host header names this machine: "localhost", a name below it, or an address, with or without
// port.
bool names_this_machine(std::string_view host_header);

}  // namespace ferry::api
