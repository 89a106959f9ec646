// A schema and a document, as one list: both from strangers. Compiling and checking end, with little work,
// and say the same twice.

#include "base/schema/json_schema.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ferry;
  const auto input = parse_json({reinterpret_cast<const char*>(data), size}, "input");
  if (!input || !input->is_array() || input->get_array().size() != 2) return 0;
  const json::array& pair = input->get_array();
  const auto schema = JsonSchema::compile(pair[0]);
  if (!schema) return 0;
  constexpr int64_t kLittle = 20'000;
  Work first(kLittle);
  const auto checked = schema->check(pair[1], first);
  Work second(kLittle);
  const auto again = schema->check(pair[1], second);
  FERRY_CHECK(checked.has_value() == again.has_value());
  FERRY_CHECK(checked || checked.error().message == again.error().message);
  return 0;
}
