#include "infer/embed/sentence_files.h"

#include <algorithm>

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
Result<Pooling> pooling_of(const json::object& config, const std::string& where) {
  constexpr std::string_view kPrefix = "pooling_mode_";
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

Result<void> read_pooling(const fs::path& path, SentenceFiles& files) {
  FERRY_TRY(const json::object config, read_object(path));
  FERRY_TRY(files.pooling, pooling_of(config, path.string()));
  FERRY_TRY(const auto with_prompt, json_optional<bool>(config, "include_prompt", path.string()));
  if (files.prompt.empty() || with_prompt.value_or(true)) return {};
  return fail(ErrorCode::unsupported,
              "{}: \"include_prompt\": false is not supported, and every text has a prompt before it",
              path.string());
}

// What the tokenizer says, for models whose own files do not. (1e30 is how transformers writes that it is not
// limited.)
Result<void> read_tokenizer_length(const fs::path& path, SentenceFiles& files) {
  if (!is_there(path)) return {};
  FERRY_TRY(const json::object config, read_object(path));
  FERRY_TRY(const auto length, json_optional<double>(config, "model_max_length", path.string()));
  if (length && *length >= 1 && *length <= kMaxTokens) files.max_tokens = static_cast<int32_t>(*length);
  return {};
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
    if (length) files.max_tokens = static_cast<int32_t>(*length);
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
  if (kind == "Pooling") return read_pooling(folder / "config.json", files);
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
Result<void> read_prompt(const json::object& config, const std::string& where, SentenceFiles& files) {
  FERRY_TRY(const auto name, json_optional<std::string>(config, "default_prompt_name", where));
  if (!name) return {};
  FERRY_TRY(const auto* prompts, json_require<const json::object*>(config, "prompts", where));
  FERRY_TRY(files.prompt, json_require<std::string>(*prompts, *name, where + ": \"prompts\""));
  return {};
}

// A cross-encoder's: "torch.nn.modules.activation.Sigmoid".
Result<void> read_activation(const json::object& config, std::string_view key, const std::string& where,
                             SentenceFiles& files) {
  FERRY_TRY(const auto name, json_optional<std::string_view>(config, key, where));
  if (!name) return {};
  files.sigmoid = name->ends_with(".Sigmoid");
  if (*files.sigmoid || name->ends_with(".Identity")) return {};
  return fail(ErrorCode::unsupported, "{}: \"{}\" \"{}\" is not supported; Sigmoid and Identity are", where,
              key, name->substr(0, 80));
}

Result<void> read_own(const fs::path& path, SentenceFiles& files) {
  if (!is_there(path)) return {};
  FERRY_TRY(const json::object config, read_object(path));
  FERRY_TRY_VOID(read_prompt(config, path.string(), files));
  return read_activation(config, "activation_fn", path.string(), files);
}

// vLLM's account of it in config.json.
Result<void> read_matryoshka(const json::object& config, const std::string& where, SentenceFiles& files) {
  FERRY_TRY(const auto any, json_optional<bool>(config, "is_matryoshka", where));
  files.any_dimensions = any.value_or(false);
  FERRY_TRY(const auto list, json_optional<const json::array*>(config, "matryoshka_dimensions", where));
  if (!list) return {};
  for (const json::value& item : **list) {
    if (!item.is_int64()) {
      return fail(ErrorCode::invalid_argument, "{}: \"matryoshka_dimensions\" must be a list of integers",
                  where);
    }
    files.dimensions.push_back(item.get_int64());
  }
  files.any_dimensions = files.any_dimensions && files.dimensions.empty();
  return {};
}

// Where older versions of sentence-transformers put a cross-encoder's activation.
Result<void> read_model_config(const fs::path& path, SentenceFiles& files) {
  if (!is_there(path)) return {};
  FERRY_TRY(const json::object config, read_object(path));
  const std::string where = path.string();
  FERRY_TRY_VOID(read_matryoshka(config, where, files));
  FERRY_TRY_VOID(read_activation(config, "sbert_ce_default_activation_function", where, files));
  FERRY_TRY(const auto member, json_optional<const json::object*>(config, "sentence_transformers", where));
  if (!member) return {};
  return read_activation(**member, "activation_fn", where + ": \"sentence_transformers\"", files);
}

}  // namespace

Result<SentenceFiles> read_sentence_files(const fs::path& model) {
  SentenceFiles files;
  std::error_code ignored;
  if (!fs::is_directory(model, ignored)) return files;
  // What is read later counts more.
  FERRY_TRY_VOID(read_model_config(model / "config.json", files));
  FERRY_TRY_VOID(read_own(model / "config_sentence_transformers.json", files));
  FERRY_TRY_VOID(read_tokenizer_length(model / "tokenizer_config.json", files));
  if (is_there(model / "modules.json")) FERRY_TRY_VOID(read_modules(model, model / "modules.json", files));
  return files;
}

}  // namespace ferry
