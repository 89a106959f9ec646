#pragma once
// One piece of work in a trace, over: OpenTelemetry's span. Plain data.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/observe/trace_context.h"

namespace ferry {

// Numbers as OTLP has them.
enum class SpanKind : uint8_t { internal = 1, server = 2, client = 3 };

struct SpanAttribute {
  std::string_view name;  // of a constant
  std::variant<std::string, int64_t, double, bool, std::vector<std::string>> value;
};

struct Span {
  TraceId trace = {};
  uint64_t id = 0;      // not zero
  uint64_t parent = 0;  // 0: none
  bool parent_is_remote = false;
  SpanKind kind = SpanKind::internal;
  std::string name = {};
  int64_t begin_us = 0;  // since 1970
  int64_t end_us = 0;
  bool failed = false;  // its status; what went wrong is in error.type
  std::vector<SpanAttribute> attributes = {};
};

}  // namespace ferry
