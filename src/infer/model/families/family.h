#pragma once
// A family of models: how its files become an ArchSpec. One small file each; registry.cpp lists them.

#include <span>
#include <string_view>

#include "base/core/result.h"
#include "infer/model/arch_spec.h"
#include "infer/model/families/config_reader.h"
#include "infer/model/families/gguf_reader.h"
#include "infer/model/tensor_names.h"

namespace ferry {

struct Family {
  std::string_view name;
  std::string_view hf_class;           // in config.json's "architectures"
  std::string_view hf_model_type;      // config.json's "model_type"
  std::string_view gguf_architecture;  // "general.architecture"; empty when GGUF files go by another family's
  ArchSpec (*from_config)(ConfigReader& config);
  ArchSpec (*from_gguf)(GgufReader& file);
  const TensorNames* names = &kHuggingFaceNames;  // in safetensors files
};

extern const Family kLlama;
extern const Family kMistral;
extern const Family kQwen2;
extern const Family kQwen3;
// A family of encoders has a class for each head that its weights may carry.
extern const std::span<const Family> kBert;
extern const std::span<const Family> kRoberta;
extern const std::span<const Family> kDistilBert;

// The families' entry points: pick the family, read, check. `where` names the file in messages.
Result<ArchSpec> spec_from_config(const json::object& config, std::string_view where);
Result<ArchSpec> spec_from_gguf(const GgufFile& file);
// What its tensors are called in safetensors files. REQUIRES: an ArchSpec's family.
const TensorNames& names_of_family(std::string_view family);

}  // namespace ferry
