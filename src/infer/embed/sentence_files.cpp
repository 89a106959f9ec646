#include "infer/embed/sentence_files.h"

#include <algorithm>
#include <optional>

#include "base/core/file.h"
#include "base/core/json.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxBytes = uint64_t{16} << 20;
constexpr int64_t kMaxTokens = int64_t{1} << 28;

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

Result<json::value> read_document(const fs::path& path) {
  FERRY_TRY(const std::string text, read_file(path, kMaxBytes));
  return parse_json(text, path.string());
}

Result<json::object> read_object(const fs::path& path) {
  FERRY_TRY(json::value document, read_document(path));
  if (!document.is_object()) return fail(ErrorCode::corrupt, "{}: must be a JSON object", path.string());
  return std::move(document.get_object());
}

// A folder named in a file: no way out of the model's own.
Result<fs::path> step_folder(const fs::path& model, std::string_view path, const std::string& where) {
  const fs::path inside(path);
  const bool leaves = inside.is_absolute() || std::ranges::count(inside, fs::path("..")) > 0;
  if (leaves)
    return fail(ErrorCode::corrupt, "{}: \"path\" \"{}\" leads out of the model's folder", where, path);
  return model / inside;
}

Result<Pooling> pooling_named(std::string_view name, const std::string& where) {
  if (name == "mean" || name == "mean_tokens") return Pooling::mean;
  if (name == "cls" || name == "cls_token") return Pooling::cls;
  if (name == "lasttoken") return Pooling::last;
  return fail(ErrorCode::unsupported, "{}: pooling \"{}\" is not supported; mean, cls and lasttoken are",
              where, name.substr(0, 40));
}

// "pooling_mode": "mean", or of "pooling_mode_mean_tokens" and its like exactly one that is true.
Result<Pooling> read_pooling(const fs::path& path) {
  constexpr std::string_view kPrefix = "pooling_mode_";
  FERRY_TRY(const json::object config, read_object(path));
  const std::string where = path.string();
  if (const json::value* mode = config.if_contains("pooling_mode"); mode != nullptr && mode->is_string()) {
    return pooling_named(mode->get_string(), where);
  }
  std::vector<std::string_view> chosen;
  for (const auto& member : config) {
    const std::string_view key = member.key();
    if (key.starts_with(kPrefix) && member.value().is_bool() && member.value().get_bool()) {
      chosen.push_back(key.substr(kPrefix.size()));
    }
  }
  if (chosen.size() == 1) return pooling_named(chosen.front(), where);
  return fail(ErrorCode::unsupported, "{}: {} pooling modes are chosen; one is supported", where,
              chosen.size());
}

// The Transformer step's own file goes by one of these names.
Result<void> read_transformer(const fs::path& folder, SentenceFiles& files) {
  for (const char* name : {"sentence_bert_config.json", "sentence_roberta_config.json",
                           "sentence_xlm-roberta_config.json", "sentence_distilbert_config.json"}) {
    const fs::path path = folder / name;
    if (!is_there(path)) continue;
    FERRY_TRY(const json::object config, read_object(path));
    FERRY_TRY(const auto length, json_optional<int64_t>(config, "max_seq_length", path.string()));
    if (length && (*length < 1 || *length > kMaxTokens)) {
      return fail(ErrorCode::invalid_argument, "{}: \"max_seq_length\" is {}", path.string(), *length);
    }
    files.max_tokens = static_cast<int32_t>(length.value_or(0));
    FERRY_TRY(const auto lower, json_optional<bool>(config, "do_lower_case", path.string()));
    if (lower == true) {
      return fail(ErrorCode::unsupported, "{}: \"do_lower_case\": true is not supported", path.string());
    }
    return {};
  }
  return {};
}

Result<void> read_step(const fs::path& model, const json::value& value, const std::string& where,
                       SentenceFiles& files) {
  if (!value.is_object()) return fail(ErrorCode::corrupt, "{}: must be a list of objects", where);
  const json::object& step = value.get_object();
  FERRY_TRY(const std::string_view type, json_require<std::string_view>(step, "type", where));
  FERRY_TRY(const std::string_view path, json_require<std::string_view>(step, "path", where));
  FERRY_TRY(const fs::path folder, step_folder(model, path, where));
  const std::string_view kind = type.substr(type.rfind('.') + 1);
  if (kind == "Transformer") return read_transformer(folder, files);
  if (kind == "Pooling") {
    FERRY_TRY(files.pooling, read_pooling(folder / "config.json"));
    return {};
  }
  if (kind == "Normalize") {
    files.normalize = true;
    return {};
  }
  return fail(ErrorCode::unsupported,
              "{}: the step \"{}\" is not supported; Transformer, Pooling and Normalize are", where,
              kind.substr(0, 40));
}

Result<void> read_modules(const fs::path& model, const fs::path& path, SentenceFiles& files) {
  FERRY_TRY(const json::value document, read_document(path));
  if (!document.is_array()) return fail(ErrorCode::corrupt, "{}: must be a list", path.string());
  files.present = true;
  files.normalize = false;
  for (const json::value& step : document.get_array()) {
    FERRY_TRY_VOID(read_step(model, step, path.string(), files));
  }
  return {};
}

// "prompts" by name, and "default_prompt_name".
Result<void> read_prompt(const fs::path& path, SentenceFiles& files) {
  if (!is_there(path)) return {};
  FERRY_TRY(const json::object config, read_object(path));
  FERRY_TRY(const auto name, json_optional<std::string>(config, "default_prompt_name", path.string()));
  if (!name) return {};
  FERRY_TRY(const auto* prompts, json_require<const json::object*>(config, "prompts", path.string()));
  FERRY_TRY(files.prompt, json_require<std::string>(*prompts, *name, path.string() + ": \"prompts\""));
  return {};
}

// vLLM's account of it in config.json.
Result<void> read_matryoshka(const fs::path& path, SentenceFiles& files) {
  if (!is_there(path)) return {};
  FERRY_TRY(const json::object config, read_object(path));
  FERRY_TRY(const auto any, json_optional<bool>(config, "is_matryoshka", path.string()));
  files.any_dimensions = any.value_or(false);
  FERRY_TRY(const auto list,
            json_optional<const json::array*>(config, "matryoshka_dimensions", path.string()));
  if (!list) return {};
  for (const json::value& item : **list) {
    if (!item.is_int64()) {
      return fail(ErrorCode::invalid_argument, "{}: \"matryoshka_dimensions\" must be a list of integers",
                  path.string());
    }
    files.dimensions.push_back(item.get_int64());
  }
  files.any_dimensions = files.any_dimensions && files.dimensions.empty();
  return {};
}

}  // namespace

Result<SentenceFiles> read_sentence_files(const fs::path& model) {
  SentenceFiles files;
  std::error_code ignored;
  if (!fs::is_directory(model, ignored)) return files;
  if (is_there(model / "modules.json")) FERRY_TRY_VOID(read_modules(model, model / "modules.json", files));
  FERRY_TRY_VOID(read_prompt(model / "config_sentence_transformers.json", files));
  FERRY_TRY_VOID(read_matryoshka(model / "config.json", files));
  return files;
}

}  // namespace ferry
