#pragma once
// Spans as OpenTelemetry's protocol sends them over HTTP in JSON (OTLP 1.x: the JSON mapping of
// ExportTraceServiceRequest, where ids are hexadecimal and 64-bit integers are strings).

#include <span>
#include <string>

#include "base/observe/span.h"

namespace ferry {

// The body of one POST to a collector's /v1/traces. `service`: service.name of the resource.
std::string otlp_traces_json(std::string_view service, std::span<const Span> spans);

}  // namespace ferry
