#include "base/net/otlp_settings.h"

#include <algorithm>

#include "base/net/http_url.h"
#include "base/settings/setting_types.h"

namespace ferry {
namespace {

constexpr std::string_view kTracesPath = "/v1/traces";

using Variables = std::function<const char*(const char* name)>;

std::string text_of(const Variables& variable, const char* name) {
  const char* value = variable(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// "http://host:4318/base" → "http://host:4318/base/v1/traces"
std::string with_path(std::string base) {
  while (base.ends_with('/')) base.pop_back();
  return base + std::string(kTracesPath);
}

// The address, and which setting named it.
struct Endpoint {
  std::string url;
  std::string_view source;
};

Endpoint endpoint_of(const OtlpSettings& settings, const Variables& variable) {
  if (!settings.endpoint.empty()) return {with_path(settings.endpoint), "otlp_endpoint"};
  constexpr const char* kExact = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
  if (std::string url = text_of(variable, kExact); !url.empty()) return {std::move(url), kExact};
  constexpr const char* kBase = "OTEL_EXPORTER_OTLP_ENDPOINT";
  if (std::string url = text_of(variable, kBase); !url.empty()) return {with_path(std::move(url)), kBase};
  return {};
}

// "name=value", percent-encoded, as W3C Baggage writes lists. The value stays untold.
Result<HttpHeader> read_header(std::string_view item, std::string_view source) {
  const size_t equals = std::min(item.find('='), item.size());
  const std::string name(trimmed(item.substr(0, equals)));
  if (equals == item.size() || !is_http_token(name)) {
    return fail(ErrorCode::invalid_argument, "{}: headers must read name=value", source);
  }
  auto value = percent_decode(trimmed(item.substr(equals + 1)));
  if (!value || !holds_no_control(*value)) {
    return fail(ErrorCode::invalid_argument, "{}: the value of {} cannot be a header's", source, name);
  }
  constexpr std::string_view kOwn[] = {"host", "content-length", "content-type", "connection",
                                       "transfer-encoding"};
  const bool is_own = std::any_of(std::begin(kOwn), std::end(kOwn),
                                  [&](std::string_view own) { return equal_ignoring_case(own, name); });
  if (is_own) return fail(ErrorCode::invalid_argument, "{}: {} is set by Ferry itself", source, name);
  return HttpHeader{name, *std::move(value)};
}

Result<HttpHeaders> headers_of(const OtlpSettings& settings, const Variables& variable) {
  constexpr const char* kVariable = "OTEL_EXPORTER_OTLP_HEADERS";
  std::vector<std::string> items = settings.headers;
  const bool is_setting = !items.empty();
  if (!is_setting) {
    FERRY_TRY(items, SettingType<std::vector<std::string>>::parse(text_of(variable, kVariable)));
  }
  HttpHeaders headers;
  for (const std::string& item : items) {
    FERRY_TRY(HttpHeader header, read_header(item, is_setting ? "otlp_headers" : kVariable));
    headers.push_back(std::move(header));
  }
  return headers;
}

}  // namespace

Result<std::optional<OtlpTarget>> otlp_target(const OtlpSettings& settings, const Variables& variable) {
  Endpoint endpoint = endpoint_of(settings, variable);
  if (endpoint.url.empty() || text_of(variable, "OTEL_SDK_DISABLED") == "true") return std::nullopt;
  if (auto url = parse_http_url(endpoint.url); !url) {
    return tl::unexpected(std::move(url).error().within(endpoint.source));
  }
  OtlpTarget target{.url = std::move(endpoint.url), .headers = {}, .service = settings.service};
  FERRY_TRY(target.headers, headers_of(settings, variable));
  if (target.service.empty()) target.service = text_of(variable, "OTEL_SERVICE_NAME");
  if (target.service.empty()) target.service = "ferry";
  return target;
}

}  // namespace ferry
