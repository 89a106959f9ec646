// Any text as GBNF.

#include <cstddef>
#include <cstdint>

#include "base/core/utf8.h"
#include "infer/grammar/fuzz_grammar.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ferry;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  exercise(GbnfSource{std::string(text)}, size);
  return 0;
}
