#include "infer/formats/weights.h"

#include <algorithm>

#include "infer/formats/quoted.h"
#include "infer/formats/shard_index.h"

namespace ferry {
namespace {

constexpr const char* kIndexName = "model.safetensors.index.json";
constexpr const char* kSingleName = "model.safetensors";

bool begins_like_gguf(const MappedFile& file) {
  return file.text().starts_with("GGUF");
}

// A model too large for one GGUF file is split; every part says how many there are.
Result<void> refuse_split(const GgufFile& file) {
  FERRY_TRY(const auto parts, file.optional<int64_t>("split.count"));
  if (!parts || *parts <= 1) return {};
  return fail(ErrorCode::unsupported,
              "{}: is one of {} parts of a split model; join them first (llama-gguf-split --merge)",
              file.name(), *parts);
}

std::string dtype_and_shape(const TensorView& view) {
  return fmt::format("{} {}", dtype_info(view.dtype).name, view.shape.to_string());
}

}  // namespace

Result<WeightSource> WeightSource::open(const std::filesystem::path& path) {
  std::error_code ignored;  // what cannot be looked at is reported by MappedFile::open
  if (std::filesystem::is_directory(path, ignored)) return open_folder(path);
  FERRY_TRY(const auto mapping, MappedFile::open(path));
  if (begins_like_gguf(*mapping)) {
    FERRY_TRY(auto file, GgufFile::open(path));
    FERRY_TRY_VOID(refuse_split(*file));
    return of(std::move(file));
  }
  FERRY_TRY(auto file, SafetensorsFile::open(path));
  return of(std::move(file));
}

Result<WeightSource> WeightSource::open_folder(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (std::filesystem::exists(folder / kIndexName, ignored)) return open_shards(folder / kIndexName);
  if (std::filesystem::exists(folder / kSingleName, ignored)) return open(folder / kSingleName);
  return fail(ErrorCode::not_found, "{}: has neither {} nor {}", folder.string(), kIndexName, kSingleName);
}

Result<WeightSource> WeightSource::open_shards(const std::filesystem::path& index_path) {
  FERRY_TRY(const std::string text, read_file(index_path));
  FERRY_TRY(ShardIndex index, parse_shard_index(text, index_path.string()));
  WeightSource source;
  source.name_ = index_path.parent_path().string();
  std::vector<std::shared_ptr<const SafetensorsFile>> shards;
  for (const std::string& shard : index.shards) {
    auto file = SafetensorsFile::open(index_path.parent_path() / shard);
    if (!file) {
      return tl::unexpected(std::move(file).error().within(
          fmt::format("{} names {}", index_path.string(), quoted_name(shard))));
    }
    source.files_.push_back({(*file)->name(), *file});
    shards.push_back(*std::move(file));
  }
  for (ShardIndex::Entry& entry : index.entries) {
    const SafetensorsFile& shard = *shards[entry.shard];
    const SafetensorsTensor* tensor = shard.find_tensor(entry.tensor);
    if (tensor == nullptr) {
      return fail(ErrorCode::corrupt, "{}: tensor {} is said to be in {}, but is not there",
                  index_path.string(), quoted_name(entry.tensor), shard.name());
    }
    source.weights_.push_back({std::move(entry.tensor), shard.view(*tensor), entry.shard});
  }
  source.sort();
  return source;
}

WeightSource WeightSource::of(std::shared_ptr<const GgufFile> file) {
  WeightSource source;
  source.name_ = file->name();
  for (const GgufTensor& tensor : file->tensors()) {
    source.weights_.push_back({std::string(tensor.name), file->view(tensor), 0});
  }
  source.files_.push_back({file->name(), std::move(file)});
  source.sort();
  return source;
}

WeightSource WeightSource::of(std::shared_ptr<const SafetensorsFile> file) {
  WeightSource source;
  source.name_ = file->name();
  for (const SafetensorsTensor& tensor : file->tensors()) {
    source.weights_.push_back({tensor.name, file->view(tensor), 0});
  }
  source.files_.push_back({file->name(), std::move(file)});
  source.sort();
  return source;
}

void WeightSource::sort() {
  std::sort(weights_.begin(), weights_.end(),
            [](const Weight& a, const Weight& b) { return a.name < b.name; });
}

const WeightSource::Weight* WeightSource::find_weight(std::string_view name) const {
  const auto at =
      std::lower_bound(weights_.begin(), weights_.end(), name,
                       [](const Weight& weight, std::string_view key) { return weight.name < key; });
  return at != weights_.end() && at->name == name ? &*at : nullptr;
}

const TensorView* WeightSource::find(std::string_view name) const {
  const Weight* weight = find_weight(name);
  return weight != nullptr && weight->view ? &*weight->view : nullptr;
}

Result<std::optional<TensorView>> WeightSource::optional(std::string_view name, const Shape& expected) const {
  const Weight* weight = find_weight(name);
  if (weight == nullptr) return std::optional<TensorView>();
  FERRY_TRY(const TensorView view, weight->view);
  if (view.shape == expected) return view;
  return fail(ErrorCode::corrupt, "{}: tensor {} is {}; the model's configuration expects {}",
              files_[weight->file].name, quoted_name(name), dtype_and_shape(view), expected.to_string());
}

Result<TensorView> WeightSource::require(std::string_view name, const Shape& expected) const {
  FERRY_TRY(const auto view, optional(name, expected));
  if (view) return *view;
  return fail(ErrorCode::not_found, "{}: there is no tensor {} (expected {})", name_, quoted_name(name),
              expected.to_string());
}

std::vector<std::string_view> WeightSource::file_names() const {
  std::vector<std::string_view> names;
  for (const OpenFile& file : files_) names.push_back(file.name);
  return names;
}

std::vector<std::string_view> WeightSource::names() const {
  std::vector<std::string_view> names;
  for (const Weight& weight : weights_) names.push_back(weight.name);
  return names;
}

int64_t WeightSource::total_bytes() const {
  int64_t total = 0;
  for (const Weight& weight : weights_) {
    if (weight.view) total += weight.view->rows() * weight.view->row_bytes();
  }
  return total;
}

}  // namespace ferry
