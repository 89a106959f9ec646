#include "base/observe/otlp_json.h"

#include <algorithm>

#include <unistd.h>

#include "base/core/json.h"

namespace ferry {
namespace {

constexpr int kStatusError = 2;
// Flags of a span: that is known whether the parent is another process's, and that it is.
constexpr unsigned kSampled = 0x1;
constexpr unsigned kHasIsRemote = 0x100;
constexpr unsigned kIsRemote = 0x200;

struct ValueWriter {
  JsonWriter& w;

  void operator()(const std::string& text) const { w.member("stringValue", text); }
  void operator()(int64_t number) const { w.member("intValue", std::to_string(number)); }
  void operator()(double number) const { w.member("doubleValue", number); }
  void operator()(bool flag) const { w.member("boolValue", flag); }
  void operator()(const std::vector<std::string>& list) const {
    w.key("arrayValue");
    w.begin_object();
    w.key("values");
    w.begin_array();
    for (const std::string& text : list) {
      w.begin_object();
      w.member("stringValue", text);
      w.end_object();
    }
    w.end_array();
    w.end_object();
  }
};

void write_attribute(JsonWriter& w, const SpanAttribute& attribute) {
  w.begin_object();
  w.member("key", attribute.name);
  w.key("value");
  w.begin_object();
  std::visit(ValueWriter{w}, attribute.value);
  w.end_object();
  w.end_object();
}

void write_attributes(JsonWriter& w, std::span<const SpanAttribute> attributes) {
  w.key("attributes");
  w.begin_array();
  for (const SpanAttribute& attribute : attributes) write_attribute(w, attribute);
  w.end_array();
}

std::string nanoseconds(int64_t us) {
  return std::to_string(static_cast<uint64_t>(std::max<int64_t>(us, 0)) * 1000);
}

void write_span(JsonWriter& w, const Span& span) {
  w.begin_object();
  w.member("traceId", to_string(span.trace));
  w.member("spanId", span_id_text(span.id));
  if (span.parent != 0) w.member("parentSpanId", span_id_text(span.parent));
  w.member("flags", kSampled | kHasIsRemote | (span.parent_is_remote ? kIsRemote : 0));
  w.member("name", span.name);
  w.member("kind", static_cast<int>(span.kind));
  w.member("startTimeUnixNano", nanoseconds(span.begin_us));
  w.member("endTimeUnixNano", nanoseconds(span.end_us));
  write_attributes(w, span.attributes);
  w.key("status");
  w.begin_object();
  if (span.failed) w.member("code", kStatusError);
  w.end_object();
  w.end_object();
}

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? std::string(name) : std::string();
}

void write_resource(JsonWriter& w, std::string_view service) {
  const SpanAttribute attributes[] = {{"service.name", std::string(service)},
                                      {"service.version", FERRY_VERSION},
                                      {"host.name", host_name()},
                                      {"process.pid", int64_t{::getpid()}}};
  w.key("resource");
  w.begin_object();
  write_attributes(w, attributes);
  w.end_object();
}

}  // namespace

std::string otlp_traces_json(std::string_view service, std::span<const Span> spans) {
  std::string body;
  JsonWriter w(body);
  w.begin_object();
  w.key("resourceSpans");
  w.begin_array();
  w.begin_object();
  write_resource(w, service);
  w.key("scopeSpans");
  w.begin_array();
  w.begin_object();
  w.key("scope");
  w.begin_object();
  w.member("name", "ferry");
  w.member("version", FERRY_VERSION);
  w.end_object();
  w.key("spans");
  w.begin_array();
  for (const Span& span : spans) write_span(w, span);
  w.end_array();
  w.end_object();
  w.end_array();
  w.end_object();
  w.end_array();
  w.end_object();
  return body;
}

}  // namespace ferry
