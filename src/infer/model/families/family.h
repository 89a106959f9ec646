#pragma once
// A family of models: how its files become an ArchSpec. One small file each; registry.cpp lists them.

#include <span>
#include <string_view>

#include "base/core/result.h"
#include "infer/model/arch_spec.h"
#include "infer/model/families/config_reader.h"
#include "infer/model/families/gguf_reader.h"

namespace ferry {

struct Family {
  std::string_view name;
  std::string_view hf_class;           // in config.json's "architectures"
  std::string_view hf_model_type;      // config.json's "model_type"
  std::string_view gguf_architecture;  // "general.architecture"; empty when GGUF files go by another family's
  ArchSpec (*from_config)(ConfigReader& config);
  ArchSpec (*from_gguf)(GgufReader& file);
};

extern const Family kLlama;
extern const Family kMistral;
extern const Family kQwen2;
extern const Family kQwen3;

// The families' entry points: pick the family, read, check. `where` names the file in messages.
Result<ArchSpec> spec_from_config(const json::object& config, std::string_view where);
Result<ArchSpec> spec_from_gguf(const GgufFile& file);

}  // namespace ferry
