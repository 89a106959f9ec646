#pragma once
// Lists of models: of upstreams, as OpenAI's and Anthropic's API have them, and ours in Anthropic's form
// (OpenAI's: openai_models.h).

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "serve/dialects/openai_error.h"
#include "serve/dialects/openai_models.h"

namespace ferry {

// GET /v1/models of either: what names no id is left out. Errors are of kind unreadable.
ApiResult<std::vector<ModelEntry>> read_model_list(std::string_view body);

std::string anthropic_model_json(const ModelEntry& model);
// One page that holds all.
std::string anthropic_model_list_json(std::span<const ModelEntry> models);

}  // namespace ferry
