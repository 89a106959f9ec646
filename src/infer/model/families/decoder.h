#pragma once
// What the dense decoders that descend from Llama have in common.

#include <cstdint>

#include "infer/model/arch_spec.h"
#include "infer/model/families/config_reader.h"
#include "infer/model/families/gguf_reader.h"

namespace ferry {

// Sizes, norm, rope, tied embeddings and token ids. Every layer attends to all earlier positions and there
// are no biases, until the family says otherwise.
ArchSpec decoder_from_config(ConfigReader& config);
// The same from GGUF metadata; tied embeddings and rope divisors show in which tensors the file has.
ArchSpec decoder_from_gguf(GgufReader& file, kernels::RopePairing pairing);

void set_all_windows(ArchSpec& spec, int32_t window);
// Qwen's rule: "layer_types" if given, or else a window from layer "max_window_layers" on; neither counts
// unless "use_sliding_window" is true.
void read_qwen_windows(ConfigReader& config, ArchSpec& spec);

}  // namespace ferry
