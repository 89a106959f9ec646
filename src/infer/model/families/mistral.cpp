// Mistral 7B and Nemo: Llama with a sliding window in every layer, and heads that need not add up to
// hidden_size.

#include "infer/model/families/decoder.h"
#include "infer/model/families/family.h"

namespace ferry {
namespace {

ArchSpec from_config(ConfigReader& config) {
  ArchSpec spec = decoder_from_config(config);
  // Written as null where there is no window; left out it means 4096, the class's default.
  const bool given = config.present("sliding_window");
  set_all_windows(spec, given ? config.optional_count("sliding_window").value_or(0) : 4096);
  if (config.has("layer_types")) config.unsupported("layer_types", "a window that differs between layers");
  return spec;
}

}  // namespace

const Family kMistral = {"mistral", "MistralForCausalLM", "mistral", "", from_config, nullptr};

}  // namespace ferry
