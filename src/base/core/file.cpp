#include "base/core/file.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ferry {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

tl::unexpected<Error> os_error(const std::filesystem::path& path, const char* action) {
  const int error = errno;
  const ErrorCode code = error == ENOENT || error == ENOTDIR ? ErrorCode::not_found : ErrorCode::io;
  return fail(code, "{}: cannot {}: {}", path.string(), action, std::strerror(error));
}

// The size of an open regular file. Anything else (a folder, a pipe) is refused by name.
Result<uint64_t> regular_file_size(int fd, const std::filesystem::path& path) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return os_error(path, "stat");
  if (!S_ISREG(info.st_mode)) {
    return fail(ErrorCode::invalid_argument, "{}: is not a regular file", path.string());
  }
  return static_cast<uint64_t>(info.st_size);
}

Result<void> write_all(int fd, std::string_view content, const std::filesystem::path& path,
                       const std::stop_token& stop) {
  constexpr size_t kPiece = size_t{8} << 20;  // between two looks at `stop`
  while (!content.empty()) {
    if (stop.stop_requested()) return fail(ErrorCode::cancelled, "{}: not written to its end", path.string());
    const ssize_t written = ::write(fd, content.data(), std::min(content.size(), kPiece));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return os_error(path, "write");
    content.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

// A new file in the folder of `path`, with the rights that open() gives; its name is left in `created`.
// (mkstemp would make one that only its owner may read.)
int create_beside(const std::filesystem::path& path, std::string& created) {
  static std::atomic<unsigned> counter = 0;
  while (true) {
    created = fmt::format("{}.{}-{}.tmp", path.string(), ::getpid(), counter++);
    const int fd = ::open(created.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0 || errno != EEXIST) return fd;
  }
}

// Gives the file the rights of the one that it will replace, if there is one.
Result<void> keep_mode(int fd, const std::filesystem::path& replaced) {
  struct stat info {};
  if (::stat(replaced.c_str(), &info) != 0) return {};
  if (::fchmod(fd, info.st_mode & 0777) != 0) return os_error(replaced, "keep the rights of");
  return {};
}

}  // namespace

Result<std::shared_ptr<const MappedFile>> MappedFile::open(const std::filesystem::path& path) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return os_error(path, "open");
  FERRY_TRY(const uint64_t size, regular_file_size(fd.get(), path));
  std::span<const std::byte> bytes;
  if (size > 0) {  // mmap refuses an empty range
    void* address = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd.get(), 0);
    if (address == MAP_FAILED) return os_error(path, "map");
    bytes = {static_cast<const std::byte*>(address), size};
  }
  return std::shared_ptr<const MappedFile>(new MappedFile(path, bytes));
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

Result<std::string> read_file(const std::filesystem::path& path, uint64_t max_bytes) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return os_error(path, "open");
  FERRY_TRY(const uint64_t size, regular_file_size(fd.get(), path));
  if (size > max_bytes) {
    return fail(ErrorCode::resource_exhausted, "{}: has {} bytes, more than the {} expected at most",
                path.string(), size, max_bytes);
  }
  std::string content(size, '\0');
  size_t done = 0;
  while (done < content.size()) {
    const ssize_t got = ::read(fd.get(), content.data() + done, content.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os_error(path, "read");
    if (got == 0) break;  // truncated meanwhile
    done += static_cast<size_t>(got);
  }
  content.resize(done);
  return content;
}

Result<void> write_file_atomic(const std::filesystem::path& path, std::string_view content) {
  return write_file_atomic(path, std::span(&content, 1));
}

Result<void> write_file_atomic(const std::filesystem::path& path, std::span<const std::string_view> pieces,
                               const std::stop_token& stop) {
  std::string temporary;
  {
    const FileDescriptor fd(create_beside(path, temporary));
    if (fd.get() < 0) return os_error(temporary, "create");
    Result<void> written = keep_mode(fd.get(), path);
    for (const std::string_view piece : pieces) {
      if (written) written = write_all(fd.get(), piece, temporary, stop);
    }
    if (written && ::fsync(fd.get()) != 0) written = os_error(temporary, "sync");
    if (!written) {
      ::unlink(temporary.c_str());
      return written;
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    auto error = os_error(path, "replace");
    ::unlink(temporary.c_str());
    return error;
  }
  return {};
}

}  // namespace ferry
