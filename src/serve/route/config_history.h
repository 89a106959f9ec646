#pragma once
// Every configuration that was applied, as the text that it was, in a folder: `<sha256>.yaml` for each text,
// and `applied.log`, one line for each time one was applied: "2026-11-22T20:14:05Z <sha256>". One process
// writes.

#include <filesystem>
#include <string>
#include <vector>

#include "base/core/result.h"

namespace ferry {

struct AppliedConfig {
  std::string time;    // ISO 8601, UTC
  std::string digest;  // 64 hexadecimal digits
};

class ConfigHistory {
 public:
  // The folder is made with the first configuration.
  explicit ConfigHistory(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Keeps the text and notes that it was applied; nothing where it is what was applied last. Errors: io.
  Result<void> applied(std::string_view yaml, int64_t unix_s);

  // The oldest first; empty where there is none. Lines that are not whole (a crash while writing) are passed
  // over.
  Result<std::vector<AppliedConfig>> list() const;

  // The text of a digest, or of the first digits of one. Errors: none begins so, several do, or the file is
  // not what its name says.
  Result<std::string> text(std::string_view digest) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace ferry
