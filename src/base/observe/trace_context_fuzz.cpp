// Whatever clients call their trace: reading it must not crash, and what was read is written as the same.

#include <cstddef>
#include <cstdint>

#include "base/core/result.h"
#include "base/observe/trace_context.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view header(reinterpret_cast<const char*>(data), size);
  const auto context = ferry::parse_traceparent(header);
  if (!context) return 0;
  const std::string written = ferry::traceparent_text(*context);
  FERRY_CHECK(written.substr(2, 50) == header.substr(2, 50));
  FERRY_CHECK(ferry::parse_traceparent(written) == context);
  return 0;
}
