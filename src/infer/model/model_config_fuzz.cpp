// Any bytes as config.json or as a GGUF file: a description that holds together, or an error.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "infer/model/families/family.h"
#include "infer/model/rope.h"

namespace ferry {
namespace {

Result<ArchSpec> parse(std::string_view text) {
  if (text.starts_with("GGUF")) {
    FERRY_TRY(const auto file, GgufFile::parse(std::as_bytes(std::span(text)), "model.gguf"));
    return spec_from_gguf(*file);
  }
  FERRY_TRY(const json::value document, parse_json(text, "config.json"));
  if (!document.is_object()) return fail(ErrorCode::corrupt, "not an object");
  return spec_from_config(document.get_object(), "config.json");
}

void check(const ArchSpec& spec) {
  FERRY_CHECK(!spec.layers.empty() && spec.layers.size() <= kMaxLayers);
  FERRY_CHECK(spec.hidden > 0 && spec.vocab > 0 && spec.heads % spec.kv_heads == 0);
  FERRY_CHECK(spec.q_width() > 0 && spec.kv_width() > 0);
  for (const float frequency : rope_frequencies(spec.rope)) {
    FERRY_CHECK(std::isfinite(frequency) && frequency > 0);
  }
}

}  // namespace
}  // namespace ferry

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto spec = ferry::parse({reinterpret_cast<const char*>(data), size});
  if (spec) {
    ferry::check(*spec);
  } else {
    FERRY_CHECK(!spec.error().message.empty());
  }
  return 0;
}
