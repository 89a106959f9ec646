#include "base/net/sse.h"

#include <algorithm>

namespace ferry {

void append_sse(std::string& out, std::string_view data, std::string_view event) {
  if (!event.empty()) out.append("event: ").append(event).append("\n");
  for (;;) {
    // A lone CR ends a line too, so it may not stay inside one.
    const size_t end = std::min(data.find_first_of("\r\n"), data.size());
    out.append("data: ").append(data.substr(0, end)).append("\n");
    if (end == data.size()) break;
    data.remove_prefix(data.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
  }
  out.append("\n");
}

std::string sse_event(std::string_view data, std::string_view event) {
  std::string out;
  append_sse(out, data, event);
  return out;
}

}  // namespace ferry
