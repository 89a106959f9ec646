#pragma once
// The small texts that come with a model's weights: how to render a chat, and how to sample by default.

#include <filesystem>
#include <string>

#include "base/core/json.h"
#include "base/core/result.h"

namespace ferry {

struct ModelTexts {
  std::string chat_template;       // Jinja; empty: the model has none
  json::object generation_config;  // generation_config.json; empty where there is none
};

// From a folder: chat_template.jinja, or else the template in tokenizer_config.json ("default" of several);
// from a .gguf file: its metadata. Errors name the file.
Result<ModelTexts> read_model_texts(const std::filesystem::path& model);

}  // namespace ferry
