#pragma once
// Which trace a request belongs to, and the header that says so: `traceparent` (W3C Trace Context, level 1).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ferry {

// 128 bits, not all zero.
struct TraceId {
  uint64_t high = 0;
  uint64_t low = 0;

  bool operator==(const TraceId&) const = default;
};

struct TraceContext {
  TraceId trace = {};
  uint64_t span = 0;     // not zero: the caller's span, which is our spans' parent
  bool sampled = false;  // whether the caller records it

  bool operator==(const TraceContext&) const = default;
};

// Nothing where the header is not one that the standard would have us follow: then a new trace begins. Later
// versions are read as far as this one knows them.
std::optional<TraceContext> parse_traceparent(std::string_view header);

// "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
std::string traceparent_text(const TraceContext& context);

// Lower-case hexadecimal digits, 32 and 16.
std::string to_string(const TraceId& id);
std::string span_id_text(uint64_t span);

}  // namespace ferry
