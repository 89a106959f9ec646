// Any JSON as a JSON Schema.

#include <cstddef>
#include <cstdint>

#include "base/core/utf8.h"
#include "infer/grammar/fuzz_grammar.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ferry;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto document = parse_json(text, "fuzz");
  if (document)
    exercise(JsonSchemaSource{.schema = *document, .closed_objects = size % 2 == 0, .in_order = size % 4 < 2},
             size);
  return 0;
}
