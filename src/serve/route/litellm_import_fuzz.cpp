// Any bytes as LiteLLM's configuration: what comes out is YAML, with every note on one line.

#include "base/settings/yaml.h"
#include "serve/route/litellm_import.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > (1 << 16)) return 0;
  const auto imported = ferry::import_litellm({reinterpret_cast<const char*>(data), size});
  if (!imported) return 0;
  for (const std::string& note : imported->notes) FERRY_CHECK(note.find('\n') == std::string::npos);
  FERRY_CHECK(ferry::parse_yaml(imported->yaml).has_value());
  return 0;
}
