#include "serve/dialects/feature_removal.h"

#include <algorithm>
#include <array>

#include "serve/dialects/exchange.h"

namespace ferry {
namespace {

using Kind = ContentPart::Kind;

bool loses(const ContentPart& part, bool of_tool, FeatureSet features) {
  if (of_tool && !part.is_words() && features.has(Feature::tool_result_parts)) return true;
  switch (part.kind) {
    case Kind::image:
      return features.has(Feature::images);
    case Kind::audio:
      return features.has(Feature::audio);
    case Kind::file:
      return features.has(Feature::files);
    case Kind::redacted_thought:
      return features.has(Feature::signed_thoughts);
    case Kind::thought:
      return features.has(part.signature.empty() ? Feature::unsigned_thoughts : Feature::signed_thoughts);
    case Kind::other:
      return features.has(Feature::foreign);
    case Kind::text:
    case Kind::refusal:
      return false;
  }
  return false;
}

constexpr auto kRoles = std::to_array<std::string_view>({"system", "developer", "user", "assistant", "tool"});

// What is left of a message says less than its raw form, which therefore goes.
void strip(ChatMessage& message, FeatureSet features) {
  std::erase_if(message.content,
                [&](const ContentPart& part) { return loses(part, message.role == "tool", features); });
  if (features.has(Feature::message_names) && message.role != "tool") message.name.clear();
  if (features.has(Feature::tool_errors)) message.is_error = false;
  if (features.has(Feature::hints) || features.has(Feature::foreign)) {
    message.rest.clear();
    for (ContentPart& part : message.content) part.rest.clear();
    for (ToolCall& call : message.tool_calls) call.rest.clear();
  }
  if (features.has(Feature::cache_control)) {
    message.cache.reset();
    for (ContentPart& part : message.content) part.cache.reset();
    for (ToolCall& call : message.tool_calls) call.cache.reset();
  }
  message.raw = nullptr;
}

bool is_empty(const ChatMessage& message) {
  return message.content.empty() && message.tool_calls.empty() && message.role != "tool";
}

void strip_messages(std::vector<ChatMessage>& messages, FeatureSet features) {
  constexpr FeatureSet in_messages{Feature::images,
                                   Feature::audio,
                                   Feature::files,
                                   Feature::signed_thoughts,
                                   Feature::unsigned_thoughts,
                                   Feature::message_names,
                                   Feature::tool_errors,
                                   Feature::tool_result_parts,
                                   Feature::cache_control,
                                   Feature::hints,
                                   Feature::foreign};
  if (features.has(Feature::prefill)) {
    while (!messages.empty() && messages.back().role == "assistant") messages.pop_back();
  }
  if (!features.meets(in_messages)) return;
  for (ChatMessage& message : messages) {
    const bool was_empty = is_empty(message);
    strip(message, features);
    // An empty message would mean something else than none.
    if (!was_empty && is_empty(message)) message.role.clear();
  }
  std::erase_if(messages, [&](const ChatMessage& message) {
    const bool is_known = std::find(kRoles.begin(), kRoles.end(), message.role) != kRoles.end();
    return message.role.empty() || (!is_known && features.has(Feature::foreign));
  });
}

void strip_tools(ToolRequest& request, FeatureSet features) {
  const bool forced = request.choice == ToolRequest::Choice::required;
  if (features.has(Feature::server_tools))
    std::erase_if(request.tools, [](const ToolDefinition& tool) { return !tool.type.empty(); });
  if (features.has(Feature::tools))
    std::erase_if(request.tools, [](const ToolDefinition& tool) { return tool.type.empty(); });
  for (ToolDefinition& tool : request.tools) {
    const bool is_function = tool.type.empty();
    if (features.has(Feature::cache_control)) tool.cache.reset();
    if (features.has(Feature::strict_tools)) tool.strict = false;
    if (features.meets({Feature::hints, Feature::foreign})) tool.rest.clear();
    const bool changed = features.meets({Feature::cache_control, Feature::strict_tools, Feature::hints});
    if (is_function && changed) tool.raw = nullptr;
  }
  if (features.has(Feature::allowed_tools)) request.allowed.clear();
  if (features.has(Feature::serial_tool_calls)) request.parallel = true;
  if (forced && (features.has(Feature::forced_tool) || request.tools.empty())) {
    request.choice = ToolRequest::Choice::automatic;
    request.allowed.clear();
  }
  if (request.tools.empty()) request = {};
}

void strip_report(GenerationRequest& request, FeatureSet features) {
  ReportRequest& report = request.report;
  if (features.has(Feature::several_choices)) request.best_of = request.n = 1;
  if (features.has(Feature::best_of)) request.best_of = request.n;
  if (features.has(Feature::logprobs)) report.top_logprobs.reset();
  if (features.has(Feature::prompt_logprobs)) report.prompt_logprobs.reset();
  if (features.has(Feature::echo)) report.echo = false;
  if (features.has(Feature::token_ids))
    report.token_ids = report.tokens_as_ids = report.special_tokens = report.prompt_text = false;
}

void strip_sampling(SamplingRequest& sampling, FeatureSet features) {
  if (features.has(Feature::temperature_above_1)) sampling.temperature = 1;
  if (features.has(Feature::top_k)) sampling.top_k.reset();
  if (features.has(Feature::min_p)) sampling.min_p.reset();
  if (features.has(Feature::typical_p)) sampling.typical_p.reset();
  if (features.has(Feature::penalties)) {
    sampling.presence_penalty.reset();
    sampling.frequency_penalty.reset();
  }
  if (features.has(Feature::repetition_penalty)) sampling.repetition_penalty.reset();
  if (features.has(Feature::seed)) sampling.seed.reset();
  if (features.has(Feature::logit_bias)) sampling.logit_bias.clear();
  if (features.has(Feature::bad_words)) sampling.bad_words.clear();
  if (features.has(Feature::allowed_tokens)) sampling.allowed_tokens.clear();
}

void strip_stop(StopRequest& stop, FeatureSet features) {
  if (features.has(Feature::stop_strings)) stop.strings.clear();
  if (features.has(Feature::stop_tokens)) {
    stop.token_ids.clear();
    stop.include_in_text = false;
  }
  if (features.has(Feature::min_tokens)) stop.min_tokens = 0;
  if (features.has(Feature::ignore_eos)) stop.ignore_eos = false;
}

void strip_rest(GenerationRequest& request, FeatureSet features) {
  if (features.meets({Feature::json_object, Feature::json_schema, Feature::grammar})) request.format.reset();
  if (features.has(Feature::thinking_budget)) {
    request.thought.budget.reset();
    request.thought.adaptive = false;
  }
  if (features.has(Feature::effort)) request.thought.effort.clear();
  if (features.has(Feature::user)) request.user.clear();
  if (features.has(Feature::prefill)) {
    request.prompt.continue_final_message = false;
    request.prompt.template_arguments.erase("add_generation_prompt");
  }
  if (features.has(Feature::template_arguments)) request.prompt.template_arguments.clear();
  if (features.has(Feature::prompt_options)) {
    request.prompt.add_special_tokens.reset();
    request.prompt.truncate.reset();
  }
  if (features.has(Feature::hints)) {
    request.priority = 0;
    request.cache_salt.clear();
    request.id.clear();
  }
}

// The members of the body that asked for it. A use deep within one has gone with its message, tool or format.
void strip_foreign(GenerationRequest& request, FeatureSet features) {
  for (const FeatureUse& use : request.met) {
    if (!features.has(use.feature)) continue;
    const std::string_view field = use.field;
    request.foreign.erase(field);
    request.foreign.erase(field.substr(0, field.find_first_of(".[")));
  }
  std::erase_if(request.met, [&](const FeatureUse& use) { return features.has(use.feature); });
}

}  // namespace

void remove_features(GenerationRequest& request, FeatureSet features) {
  if (features == FeatureSet()) return;
  strip_messages(request.messages, features);
  strip_tools(request.tools, features);
  strip_report(request, features);
  strip_sampling(request.sampling, features);
  strip_stop(request.stop, features);
  strip_rest(request, features);
  strip_foreign(request, features);
  request.wire.reset();
}

}  // namespace ferry
