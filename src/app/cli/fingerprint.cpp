#include "app/cli/fingerprint.h"

#include <algorithm>
#include <vector>

namespace ferry::cli {
namespace {

namespace fs = std::filesystem;

// FNV-1a (Fowler, Noll, Vo), 64 bits: to tell builds apart, not against anybody who wants them to look equal.
uint64_t hash(std::string_view text) {
  uint64_t state = 0xcbf29ce484222325u;
  for (const char c : text) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return state;
}

std::string file_line(const fs::path& path) {
  std::error_code error;
  const uint64_t bytes = fs::file_size(path, error);
  const auto written = fs::last_write_time(path, error).time_since_epoch().count();
  return fmt::format("{} {} {}\n", path.filename().string(), bytes, written);
}

std::string files_text(const fs::path& model) {
  std::vector<std::string> lines;
  std::error_code error;
  for (fs::directory_iterator it(model, error), end; !error && it != end; it.increment(error)) {
    lines.push_back(file_line(it->path()));
  }
  if (lines.empty()) lines.push_back(file_line(model));
  std::sort(lines.begin(), lines.end());
  return fmt::format("{}", fmt::join(lines, ""));
}

}  // namespace

std::string fingerprint(const HostedModel& model, const EngineSettings& settings) {
  const std::string text = fmt::format("{} {} {} {}\n{}", FERRY_VERSION, model.kernels(), settings.arithmetic,
                                       settings.kv_type, files_text(model.source.path));
  return fmt::format("fp_{:016x}", hash(text));
}

}  // namespace ferry::cli
