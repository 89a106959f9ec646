// Anthropic's messages as a wire dialect.

#include <array>

#include "serve/dialects/anthropic_answer.h"
#include "serve/dialects/anthropic_reading.h"
#include "serve/dialects/anthropic_request.h"
#include "serve/dialects/json_span.h"
#include "serve/dialects/wire_dialect.h"

namespace ferry {
namespace {

constexpr auto kForwarded = std::to_array<std::string_view>({"anthropic-version", "anthropic-beta"});

constexpr FeatureSet kExpressible{Feature::chat,
                                  Feature::images,
                                  Feature::files,
                                  Feature::signed_thoughts,
                                  Feature::prefill,
                                  Feature::tools,
                                  Feature::forced_tool,
                                  Feature::strict_tools,
                                  Feature::serial_tool_calls,
                                  Feature::tool_errors,
                                  Feature::tool_result_parts,
                                  Feature::top_k,
                                  Feature::stop_strings,
                                  Feature::json_schema,
                                  Feature::thinking_budget,
                                  Feature::effort,
                                  Feature::cache_control,
                                  Feature::user};

std::string_view field_name(Feature feature) {
  switch (feature) {
    case Feature::stop_strings:
      return "stop_sequences";
    case Feature::thinking_budget:
      return "thinking";
    case Feature::effort:
      return "output_config.effort";
    case Feature::serial_tool_calls:
      return "tool_choice.disable_parallel_tool_use";
    case Feature::user:
      return "metadata.user_id";
    default:
      return {};
  }
}

ApiResult<WireRequest> patch_request(std::string_view body, const GenerationRequest& /*request*/,
                                     const WriteOptions& options) {
  Result<std::string> text = with_member(body, "model", json_string(options.model));
  if (!text) return tl::unexpected(ApiError{std::move(text).error(), {}, "invalid_json"});
  return WireRequest{.body = *std::move(text), .headers = {{"anthropic-version", "2023-06-01"}}};
}

}  // namespace

const WireDialect kAnthropicMessages = {.name = "anthropic_messages",
                                        .vendor = "anthropic",
                                        .path = "/messages",
                                        .id_prefix = "msg_",
                                        .key_header = "x-api-key",
                                        .key_prefix = "",
                                        .forwarded_headers = kForwarded,
                                        .expressible = kExpressible,
                                        .field_name = field_name,
                                        .read_request = read_anthropic_request,
                                        .write_request = write_anthropic_request,
                                        .patch_request = patch_request,
                                        .read_answer = read_anthropic_answer,
                                        .read_events = read_anthropic_events,
                                        .read_error = read_anthropic_error,
                                        .patch_answer = patch_anthropic_answer,
                                        .patch_event = patch_anthropic_event,
                                        .write_answer = write_anthropic_answer,
                                        .write_events = write_anthropic_events,
                                        .write_error = write_anthropic_error};

}  // namespace ferry
