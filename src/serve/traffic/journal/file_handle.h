#pragma once
// An open file of the journal; errors name its path.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "base/core/result.h"

namespace ferry {

class FileHandle {
 public:
  // `flags` and `mode` as open(2) has them; O_CLOEXEC is added.
  static Result<FileHandle> open(const std::filesystem::path& path, int flags, unsigned mode = 0600);
  FileHandle(FileHandle&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}
  FileHandle& operator=(FileHandle&& other) noexcept;
  ~FileHandle();

  const std::filesystem::path& path() const { return path_; }
  int fd() const { return fd_; }

  Result<uint64_t> size() const;
  // All of it with one write(2), or an error and nothing: what a short write left is cut off again. `at`: how
  // long the file is. For files opened with O_APPEND.
  Result<void> append(std::string_view bytes, uint64_t at);
  // Up to `most` bytes; fewer at the file's end.
  Result<std::string> read(uint64_t offset, size_t most) const;
  Result<void> truncate(uint64_t size);
  // The bytes and the size are on the disk.
  Result<void> sync();
  // Takes the space that appending will need; where a file system cannot, nothing happens.
  Result<void> preallocate(uint64_t bytes);

 private:
  FileHandle(int fd, std::filesystem::path path) : fd_(fd), path_(std::move(path)) {}
  tl::unexpected<Error> os_error(const char* action) const;

  int fd_;
  std::filesystem::path path_;
};

// Makes the folder's entries (new and removed files) survive a power cut.
Result<void> sync_folder(const std::filesystem::path& folder);

}  // namespace ferry
