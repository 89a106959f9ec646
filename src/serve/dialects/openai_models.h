#pragma once
// OpenAI's list of models: GET /v1/models and GET /v1/models/{model}.

#include <cstdint>
#include <span>
#include <string>

namespace ferry {

struct ModelEntry {
  std::string id;
  int64_t created = 0;  // seconds since 1970
  std::string owner;
  int64_t max_model_len = 0;  // tokens, prompt and answer together; 0: not known
};

std::string openai_model_json(const ModelEntry& model);
std::string openai_model_list_json(std::span<const ModelEntry> models);

}  // namespace ferry
