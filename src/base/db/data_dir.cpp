#include "base/db/data_dir.h"

#include <cerrno>
#include <cstring>

#include <sys/stat.h>

#include "base/core/home.h"

namespace ferry {
namespace {

// As mkdir -p does it; the last folder is for its owner only.
Result<void> make_private_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path(), error);
  if (error) {
    return fail(ErrorCode::io, "{}: cannot make the folder: {}", folder.parent_path().string(),
                error.message());
  }
  if (::mkdir(folder.c_str(), 0700) == 0) return {};
  if (errno != EEXIST) {
    return fail(ErrorCode::io, "{}: cannot make the data folder: {}; name another with data_dir",
                folder.string(), std::strerror(errno));
  }
  if (std::filesystem::is_directory(folder, error)) return {};
  return fail(ErrorCode::io, "{}: is not a folder; name another with data_dir", folder.string());
}

}  // namespace

Result<std::filesystem::path> open_data_dir(const DataSettings& settings) {
  std::filesystem::path folder = settings.data_dir;
  if (folder.empty()) {
    const std::filesystem::path home = ferry_home();
    if (home.empty()) {
      return fail(ErrorCode::not_found,
                  "there is no home folder to keep data in: set data_dir or FERRY_HOME");
    }
    folder = home / "data";
  }
  std::error_code error;
  folder = std::filesystem::absolute(folder, error).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();  // "data/"
  FERRY_TRY_VOID(make_private_folder(folder));
  return folder;
}

std::filesystem::path database_file(const std::filesystem::path& data_dir) {
  return data_dir / "ferry.db";
}

}  // namespace ferry
