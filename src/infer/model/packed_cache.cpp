#include "infer/model/packed_cache.h"

#include <algorithm>
#include <functional>
#include <system_error>

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/core/rng.h"
#include "base/observe/log.h"
#include "infer/formats/safetensors_writer.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kKey = "ferry.packed";
constexpr std::string_view kSource = "ferry.source";
constexpr std::string_view kExtension = ".packed";

uint64_t hash_of(std::string_view bytes) {
  return std::hash<std::string_view>()(bytes);
}
uint64_t hash_of(const SharedBytes& bytes) {
  return hash_of(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

// Of a small matrix of each type as the table packs it: another layout gives another fingerprint.
uint64_t layout_fingerprint(const kernels::KernelTable& table, kernels::Arithmetic arithmetic) {
  constexpr int64_t kOutputs = 80;
  constexpr int64_t kInputs = 512;
  std::vector<std::byte> bytes(kOutputs * kInputs * sizeof(float));
  Rng rng(1);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(rng.below(256));
  ThreadPool pool(1);
  uint64_t hash = 0;
  for (const DType dtype :
       {DType::f32, DType::f16, DType::bf16, DType::q8_0, DType::q4_0, DType::q4_k, DType::q6_k}) {
    const auto packed = table.pack({dtype, {kOutputs, kInputs}, bytes.data()}, arithmetic, pool);
    if (packed) hash = hash * 31 + hash_of(packed->data);
  }
  return hash;
}

// Which file this is and which state of it; nothing where that cannot be told.
std::optional<std::string> identity_of(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  return fmt::format("{} {}:{} {} {}.{}", path.string(), info.st_dev, info.st_ino, info.st_size,
                     info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
}

std::string_view metadata(const SafetensorsFile& file, std::string_view key) {
  for (const auto& [name, value] : file.metadata()) {
    if (name == key) return value;
  }
  return {};
}

// Reads the bytes in from the disk now, in the order of the file, instead of page by page when they are
// needed.
void read_in(std::span<const std::byte> bytes) {
#ifdef MADV_POPULATE_READ
  const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  const uintptr_t begin = reinterpret_cast<uintptr_t>(bytes.data()) / page * page;
  const uintptr_t end = reinterpret_cast<uintptr_t>(bytes.data()) + bytes.size();
  ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_POPULATE_READ);
#endif
}

// Files of models that are there no more.
void remove_orphans(const fs::path& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() != kExtension) continue;
    const auto file = SafetensorsFile::open(entry.path());
    const bool orphan = file && !fs::exists(metadata(**file, kSource), error) && !error;
    if (orphan) fs::remove(entry.path(), error);
  }
}

Result<void> make_folder(const fs::path& folder, int64_t bytes) {
  std::error_code error;
  fs::create_directories(folder, error);
  const fs::space_info space = fs::space(folder, error);
  if (error) return fail(ErrorCode::io, "{}: {}", folder.string(), error.message());
  if (static_cast<int64_t>(space.available) < 2 * bytes) {
    return fail(ErrorCode::resource_exhausted, "{}: {} bytes free, too few for {} more", folder.string(),
                space.available, bytes);
  }
  return {};
}

}  // namespace

PackedCache::PackedCache(fs::path folder, const WeightSource& source, const kernels::KernelTable& table,
                         kernels::Arithmetic arithmetic)
    : table_(&table), arithmetic_(arithmetic) {
  std::error_code error;
  source_ = fs::absolute(source.name(), error).string();
  std::string key;
  for (const std::string_view name : source.file_names()) {
    const auto identity = identity_of(name);
    if (!identity) return;
    key += "\n" + *identity;
  }
  const std::string what = fmt::format("{} {}", table.name, static_cast<int>(arithmetic));
  path_ = std::move(folder) / fmt::format("{:016x}{}", hash_of(source_ + "\n" + what), kExtension);
  key_ = fmt::format("{} {:016x}{}", what, layout_fingerprint(table, arithmetic), key);
  auto file = SafetensorsFile::open(path_);
  if (file && metadata(**file, kKey) == key_) file_ = *std::move(file);
}

std::optional<kernels::PackedMatrix> PackedCache::find(std::string_view name, DType dtype, int64_t outputs,
                                                       int64_t inputs) const {
  const SafetensorsTensor* tensor = file_ ? file_->find_tensor(name) : nullptr;
  if (tensor == nullptr) return std::nullopt;
  const int64_t bytes = table_->packed_bytes(dtype, arithmetic_, outputs, inputs);
  if (static_cast<int64_t>(tensor->data.size()) != bytes) return std::nullopt;
  read_in(tensor->data);
  return kernels::PackedMatrix{table_, arithmetic_, dtype, outputs, inputs, SharedBytes(file_, tensor->data)};
}

void PackedCache::add(std::string_view name, const kernels::PackedMatrix& matrix) {
  if (!key_.empty()) added_.emplace_back(name, matrix);
}

std::jthread PackedCache::write() const {
  int64_t bytes = 0;
  for (const auto& [name, matrix] : added_) bytes += static_cast<int64_t>(matrix.data.size());
  if (added_.empty()) return {};
  return std::jthread(
      [added = added_, path = path_, key = key_, source = source_, bytes](const std::stop_token& stop) {
        SafetensorsWriter writer(64);  // as buffers are aligned
        writer.add_metadata(kKey, key);
        writer.add_metadata(kSource, source);
        for (const auto& [name, matrix] : added) {
          writer.add_tensor(name,
                            {DType::f16, {static_cast<int64_t>(matrix.data.size() / 2)}, matrix.data.data()});
        }
        auto written = make_folder(path.parent_path(), bytes);
        if (written) remove_orphans(path.parent_path());
        if (written) written = writer.write(path, stop);
        if (!written) log_debug("packed weights not kept", {{"why", written.error().message}});
      });
}

}  // namespace ferry
