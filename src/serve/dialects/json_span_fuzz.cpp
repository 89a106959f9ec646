// Any bytes: what parse_json() takes and is an object has the same members here, and stays such an object
// when one of them is changed.

#include <cstdint>

#include "base/core/json.h"
#include "serve/dialects/json_span.h"

namespace ferry {
namespace {

void check_member(std::string_view text, const json::object& object, std::string_view name) {
  const auto found = find_members(text, name);
  FERRY_CHECK(found.has_value() && found->is_empty == object.empty());
  const json::value* member = object.if_contains(name);
  FERRY_CHECK((member != nullptr) == !found->values.empty());
  // Of several the parser keeps the last.
  if (member != nullptr) FERRY_CHECK(parse_json(found->values.back().of(text), "member").value() == *member);
  const auto changed = with_member(text, name, "7");
  const auto parsed = parse_json(changed.value(), "changed");
  FERRY_CHECK(parsed && parsed->is_object());
  FERRY_CHECK(parsed->get_object().at(name) == json::value(7));
  FERRY_CHECK(parsed->get_object().size() == object.size() + (member == nullptr ? 1 : 0));
  FERRY_CHECK(with_member_replaced(text, "\x01no such name", "7").value() == text);
}

}  // namespace
}  // namespace ferry

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ferry;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)with_member(text, "model", "\"m\"");  // whatever it is, nothing breaks
  const auto parsed = parse_json(text, "text");
  if (!parsed || !parsed->is_object()) return 0;
  check_member(text, parsed->get_object(), "model");
  check_member(text, parsed->get_object(), "");
  if (!parsed->get_object().empty())
    check_member(text, parsed->get_object(), parsed->get_object().begin()->key());
  return 0;
}
