#include "infer/model/model_files.h"

#include <utility>

#include "base/core/file.h"
#include "base/core/json.h"
#include "infer/model/families/family.h"

namespace ferry {
namespace {

constexpr uint64_t kMaxConfigBytes = uint64_t{16} << 20;

Result<json::value> read_json(const std::filesystem::path& path) {
  FERRY_TRY(const std::string text, read_file(path, kMaxConfigBytes));
  FERRY_TRY(json::value document, parse_json(text, path.string()));
  if (!document.is_object()) return fail(ErrorCode::corrupt, "{}: must be a JSON object", path.string());
  return document;
}

// generation_config.json, where there is one, knows better which tokens end an answer.
Result<void> read_generation_config(const std::filesystem::path& path, ArchSpec& spec) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return {};
  FERRY_TRY(const json::value document, read_json(path));
  ConfigReader reader(document.get_object(), path.string());
  std::vector<int32_t> eos_ids = reader.token_ids("eos_token_id");
  FERRY_TRY_VOID(reader.result());
  if (!eos_ids.empty()) spec.eos_ids = std::move(eos_ids);
  return check_spec(spec, path.string());
}

// Files of a model without its head, as sentence-transformers stores them, lack the names' beginning too.
Result<ModelFiles> open_folder(const std::filesystem::path& folder) {
  const std::filesystem::path config = folder / "config.json";
  FERRY_TRY(const json::value document, read_json(config));
  FERRY_TRY(ArchSpec spec, spec_from_config(document.get_object(), config.string()));
  FERRY_TRY_VOID(read_generation_config(folder / "generation_config.json", spec));
  FERRY_TRY(WeightSource source, WeightSource::open(folder));
  const TensorNames& names = names_of_family(spec.family);
  const bool bare = source.find(names.embedding) != nullptr;
  const bool decodes = spec.attention == AttentionKind::causal;
  if (bare && decodes) spec.has_head = spec.tied_embeddings || source.find(names.head) != nullptr;
  std::string base(bare ? "" : names.base);
  return ModelFiles{"safetensors", std::move(spec), &names, std::move(base), std::move(source)};
}

Result<ModelFiles> open_gguf(const std::filesystem::path& path) {
  FERRY_TRY(WeightSource source, WeightSource::open(path));  // refuses one part of a split model
  FERRY_TRY(const auto file, GgufFile::open(path));
  FERRY_TRY(ArchSpec spec, spec_from_gguf(*file));
  return ModelFiles{"gguf", std::move(spec), &kGgufNames, {}, std::move(source)};
}

}  // namespace

Result<ModelFiles> ModelFiles::open(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return open_folder(path);
  if (path.extension() == ".safetensors") {
    return fail(ErrorCode::invalid_argument, "{}: give the folder, whose config.json says what the model is",
                path.string());
  }
  return open_gguf(path);
}

}  // namespace ferry
