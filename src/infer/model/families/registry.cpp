#include <algorithm>
#include <string>
#include <vector>

#include "infer/formats/quoted.h"
#include "infer/model/families/family.h"

namespace ferry {
namespace {

std::vector<const Family*> all_families() {
  std::vector<const Family*> families = {&kLlama, &kMistral, &kQwen2, &kQwen3};
  for (const std::span<const Family> classes : {kBert, kRoberta, kDistilBert}) {
    for (const Family& one : classes) families.push_back(&one);
  }
  return families;
}

tl::unexpected<Error> unknown(std::string_view where, std::string_view name,
                              std::string_view Family::*known) {
  std::string list;
  for (const Family* family : all_families()) {
    const std::string_view item = family->*known;
    if (item.empty()) continue;
    if (!list.empty()) list += ", ";
    list += item;
  }
  return fail(ErrorCode::unsupported, "{}: architecture {} is not supported; Ferry knows {}", where,
              quoted_name(name), list);
}

const Family* find(std::string_view name, std::string_view Family::*by) {
  const std::vector<const Family*> families = all_families();
  const auto found =
      std::ranges::find_if(families, [&](const Family* family) { return family->*by == name; });
  return found == families.end() || name.empty() ? nullptr : *found;
}

// Of "Qwen3Model" too, which is the same without a head.
const Family* find_class(std::string_view name) {
  const Family* family = find(name, &Family::hf_class);
  if (family != nullptr || !name.ends_with("Model")) return family;
  return find(std::string(name.substr(0, name.size() - 5)) + "ForCausalLM", &Family::hf_class);
}

}  // namespace

Result<ArchSpec> spec_from_config(const json::object& config, std::string_view where) {
  ConfigReader reader(config, std::string(where));
  const std::vector<std::string> classes = reader.texts("architectures");
  const std::string model_type = reader.text("model_type", "");
  FERRY_TRY_VOID(reader.result());

  // "architectures" says which head the weights have ("...ForCausalLM"); "model_type" alone is good enough.
  const Family* family =
      classes.empty() ? find(model_type, &Family::hf_model_type) : find_class(classes.front());
  if (family == nullptr) {
    return classes.empty() ? unknown(where, model_type, &Family::hf_model_type)
                           : unknown(where, classes.front(), &Family::hf_class);
  }
  ArchSpec spec = family->from_config(reader);
  spec.family = family->name;
  FERRY_TRY_VOID(reader.result());
  FERRY_TRY_VOID(check_spec(spec, where));
  return spec;
}

Result<ArchSpec> spec_from_gguf(const GgufFile& file) {
  FERRY_TRY(const std::string_view architecture, file.require<std::string_view>("general.architecture"));
  const Family* family = find(architecture, &Family::gguf_architecture);
  if (family == nullptr) return unknown(file.name(), architecture, &Family::gguf_architecture);

  GgufReader reader(file, std::string(architecture));
  ArchSpec spec = family->from_gguf(reader);
  spec.family = family->name;
  FERRY_TRY_VOID(reader.finish());
  FERRY_TRY_VOID(check_spec(spec, file.name()));
  return spec;
}

const TensorNames& names_of_family(std::string_view family) {
  return *find(family, &Family::name)->names;
}

}  // namespace ferry
