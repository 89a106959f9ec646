#include "infer/hub/model_texts.h"

#include "base/core/file.h"
#include "infer/formats/gguf.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

Result<json::object> read_json_object(const fs::path& path) {
  FERRY_TRY(const std::string text, read_file(path));
  FERRY_TRY(json::value document, parse_json(text, path.string()));
  if (!document.is_object()) return fail(ErrorCode::corrupt, "{}: must be a JSON object", path.string());
  return std::move(document.get_object());
}

// tokenizer_config.json has one template, or a list of named ones.
Result<std::string> template_in_config(const json::object& config, const std::string& where) {
  const json::value* found = config.if_contains("chat_template");
  if (found == nullptr || found->is_null()) return std::string();
  if (!found->is_array()) return json_require<std::string>(config, "chat_template", where);
  for (const json::value& item : found->get_array()) {
    if (!item.is_object()) continue;
    FERRY_TRY(const std::string name, json_require<std::string>(item.get_object(), "name", where));
    if (name == "default") return json_require<std::string>(item.get_object(), "template", where);
  }
  return std::string();
}

Result<ModelTexts> read_folder(const fs::path& folder) {
  ModelTexts texts;
  if (const fs::path path = folder / "chat_template.jinja"; fs::exists(path)) {
    FERRY_TRY(texts.chat_template, read_file(path, 1 << 20));
  } else if (const fs::path config = folder / "tokenizer_config.json"; fs::exists(config)) {
    FERRY_TRY(const json::object object, read_json_object(config));
    FERRY_TRY(texts.chat_template, template_in_config(object, config.string()));
  }
  if (const fs::path path = folder / "generation_config.json"; fs::exists(path)) {
    FERRY_TRY(texts.generation_config, read_json_object(path));
  }
  return texts;
}

Result<ModelTexts> read_gguf(const fs::path& path) {
  ModelTexts texts;
  FERRY_TRY(const auto file, GgufFile::open(path));
  FERRY_TRY(const auto found, file->optional<std::string_view>("tokenizer.chat_template"));
  if (found) texts.chat_template = std::string(*found);
  return texts;
}

}  // namespace

Result<ModelTexts> read_model_texts(const fs::path& model) {
  return fs::is_directory(model) ? read_folder(model) : read_gguf(model);
}

}  // namespace ferry
