#pragma once
// A LiteLLM proxy's config.yaml as sections of ferry.yaml. What has no counterpart is told, one note for
// each, never dropped in silence. Keys that stand in the file are not copied.

#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"

namespace ferry {

struct LiteLlmImport {
  std::string yaml;                // providers, prices and routes; the notes stand in it as comments, too
  std::vector<std::string> notes;  // "model_list[3].litellm_params.rpm: …"
};

// Errors: not YAML, or without a model_list.
Result<LiteLlmImport> import_litellm(std::string_view yaml);

}  // namespace ferry
