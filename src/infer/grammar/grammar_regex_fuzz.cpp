// Any text as a regular expression: by itself, and as the pattern of a JSON string.

#include <cstddef>
#include <cstdint>

#include "base/core/utf8.h"
#include "infer/grammar/fuzz_grammar.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ferry;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  exercise(RegexSource{std::string(text)}, size);
  exercise(
      JsonSchemaSource{.schema = json::object{{"type", "string"}, {"pattern", replace_invalid_utf8(text)}}},
      size);
  return 0;
}
