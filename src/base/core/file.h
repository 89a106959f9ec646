#pragma once
// Files: mapped read-only, read whole, written atomically. Errors name the path.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/core/result.h"

namespace ferry {

// A file mapped read-only for as long as the object lives. Immutable, so any thread may read it.
// A file that another process truncates meanwhile raises SIGBUS: models are replaced by rename, never in
// place.
class MappedFile {
 public:
  static Result<std::shared_ptr<const MappedFile>> open(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return bytes_; }
  std::string_view text() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }
  const std::filesystem::path& path() const { return path_; }

 private:
  MappedFile(std::filesystem::path path, std::span<const std::byte> bytes)
      : path_(std::move(path)), bytes_(bytes) {}

  std::filesystem::path path_;
  std::span<const std::byte> bytes_;
};

// The whole file; `resource_exhausted` when it is larger than max_bytes.
Result<std::string> read_file(const std::filesystem::path& path, uint64_t max_bytes = uint64_t{1} << 30);

// Writes beside the target, syncs, then renames over it: readers see the old file or the new one, whole.
// The file's rights stay as they were; a new file gets those that the umask leaves.
Result<void> write_file_atomic(const std::filesystem::path& path, std::string_view content);
// The same of many pieces, one after the other: nothing large needs to be put together in memory first.
// `cancelled`, with nothing changed, when `stop` is requested before the end.
Result<void> write_file_atomic(const std::filesystem::path& path, std::span<const std::string_view> pieces,
                               const std::stop_token& stop = {});

}  // namespace ferry
