// Bodies as clients send them: a key, or none; the same for the same bytes and for blanks around them; and
// none for what parse_json() does not take.

#include "base/core/json.h"
#include "serve/gateway/answer_cache.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ferry;
  const std::string body(reinterpret_cast<const char*>(data), size);
  const auto key = answer_key({}, body);
  FERRY_CHECK(key == answer_key({}, " " + body + "\n"));
  const auto parsed = parse_json(body, "body");
  if (key) FERRY_CHECK(parsed && parsed->is_object());
  parse_cache_control(body);
  return 0;
}
