#pragma once
// Where traces go, and how many: the settings, and OpenTelemetry's own variables where they are not set.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/net/http_types.h"

namespace ferry {

struct OtlpSettings {
  std::string endpoint;
  std::vector<std::string> headers;
  std::string service;
  double ratio = 1;

  template <class V>
  void visit(V& v) {
    v("otlp_endpoint", endpoint,
      "an OpenTelemetry collector, as http://127.0.0.1:4318: the gateway's traces go to /v1/traces there, "
      "over "
      "HTTP in JSON; where it is not set, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT or OTEL_EXPORTER_OTLP_ENDPOINT");
    v("otlp_headers", headers,
      "headers for the collector, as name=value, percent-encoded; or OTEL_EXPORTER_OTLP_HEADERS")
        .secret();
    v("otlp_service", service, "what the traces call this server; or OTEL_SERVICE_NAME, or ferry");
    v("trace_ratio", ratio,
      "part of the traces that begin here that is sent, 0 to 1; of those that a client began, its own "
      "sampled "
      "flag says")
        .range(0, 1);
  }
};

struct OtlpTarget {
  std::string url;      // http or https, with the path that spans are posted to
  HttpHeaders headers;  // secret
  std::string service;
};

// Nothing: no traces are wanted. `variable` returns null for what is not set. Errors: invalid_argument,
// unsupported; they name what is wrong and never a header's value.
Result<std::optional<OtlpTarget>> otlp_target(const OtlpSettings& settings,
                                              const std::function<const char*(const char* name)>& variable);

}  // namespace ferry
