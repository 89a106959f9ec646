#include "base/observe/trace_context.h"

#include <fmt/format.h>

namespace ferry {
namespace {

constexpr size_t kSize = 55;  // of version 00: "vv-" 32 digits "-" 16 digits "-ff"
constexpr unsigned kSampled = 1;

// Upper case is not allowed.
std::optional<uint64_t> hex(std::string_view digits) {
  uint64_t number = 0;
  for (const char c : digits) {
    const bool is_letter = c >= 'a' && c <= 'f';
    if (!is_letter && !(c >= '0' && c <= '9')) return std::nullopt;
    number = number << 4 | static_cast<uint64_t>(is_letter ? c - 'a' + 10 : c - '0');
  }
  return number;
}

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view header) {
  if (header.size() < kSize) return std::nullopt;
  const auto version = hex(header.substr(0, 2));
  if (!version || version == 0xFF) return std::nullopt;
  if (header.size() > kSize && (version == 0 || header[kSize] != '-')) return std::nullopt;
  if (header[2] != '-' || header[35] != '-' || header[52] != '-') return std::nullopt;
  const auto high = hex(header.substr(3, 16));
  const auto low = hex(header.substr(19, 16));
  const auto span = hex(header.substr(36, 16));
  const auto flags = hex(header.substr(53, 2));
  if (!high || !low || !span || !flags) return std::nullopt;
  if ((*high == 0 && *low == 0) || *span == 0) return std::nullopt;
  return TraceContext{.trace = {*high, *low}, .span = *span, .sampled = (*flags & kSampled) != 0};
}

std::string traceparent_text(const TraceContext& context) {
  return fmt::format("00-{:016x}{:016x}-{:016x}-{:02x}", context.trace.high, context.trace.low, context.span,
                     context.sampled ? kSampled : 0);
}

std::string to_string(const TraceId& id) {
  return fmt::format("{:016x}{:016x}", id.high, id.low);
}

std::string span_id_text(uint64_t span) {
  return fmt::format("{:016x}", span);
}

}  // namespace ferry
