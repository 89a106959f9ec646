#include "serve/traffic/journal/file_handle.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ferry {
namespace {

tl::unexpected<Error> error_at(const std::filesystem::path& path, const char* action) {
  const int error = errno;
  if (error == ENOSPC || error == EDQUOT) {
    return fail(ErrorCode::resource_exhausted, "{}: cannot {}: {}; make room on this disk", path.string(),
                action, std::strerror(error));
  }
  const ErrorCode code = error == ENOENT || error == ENOTDIR ? ErrorCode::not_found : ErrorCode::io;
  return fail(code, "{}: cannot {}: {}", path.string(), action, std::strerror(error));
}

}  // namespace

tl::unexpected<Error> FileHandle::os_error(const char* action) const {
  return error_at(path_, action);
}

Result<FileHandle> FileHandle::open(const std::filesystem::path& path, int flags, unsigned mode) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  if (fd < 0) return error_at(path, (flags & O_CREAT) != 0 ? "create" : "open");
  return FileHandle(fd, path);
}

FileHandle& FileHandle::operator=(FileHandle&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  return *this;
}

FileHandle::~FileHandle() {
  if (fd_ >= 0) ::close(fd_);
}

Result<uint64_t> FileHandle::size() const {
  struct stat info {};
  if (::fstat(fd_, &info) != 0) return os_error("stat");
  return static_cast<uint64_t>(info.st_size);
}

Result<void> FileHandle::append(std::string_view bytes, uint64_t at) {
  ssize_t written = 0;
  do {
    written = ::write(fd_, bytes.data(), bytes.size());
  } while (written < 0 && errno == EINTR);
  if (written == static_cast<ssize_t>(bytes.size())) return {};
  if (written < 0) return os_error("write");
  // Only a disk that is full, or a limit of the process, cuts a write to a file short.
  errno = ENOSPC;
  auto error = os_error("write");
  FERRY_TRY_VOID(truncate(at));
  return error;
}

Result<std::string> FileHandle::read(uint64_t offset, size_t most) const {
  std::string bytes(most, '\0');
  size_t done = 0;
  while (done < most) {
    const ssize_t got = ::pread(fd_, bytes.data() + done, most - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os_error("read");
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

Result<void> FileHandle::truncate(uint64_t size) {
  if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) return os_error("cut");
  return {};
}

Result<void> FileHandle::sync() {
  if (::fdatasync(fd_) != 0) return os_error("sync");
  return {};
}

Result<void> FileHandle::preallocate(uint64_t bytes) {
  if (::fallocate(fd_, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(bytes)) == 0) return {};
  if (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINTR) return {};
  return os_error("reserve space for");
}

Result<void> sync_folder(const std::filesystem::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return error_at(folder, "open");
  const bool synced = ::fsync(fd) == 0 || errno == EINVAL;  // some file systems cannot, and need not
  auto error = error_at(folder, "sync");
  ::close(fd);
  if (!synced) return error;
  return {};
}

}  // namespace ferry
