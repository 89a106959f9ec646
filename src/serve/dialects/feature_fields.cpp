#include "serve/dialects/feature_fields.h"

#include <algorithm>

#include "serve/dialects/exchange.h"
#include "serve/dialects/wire_dialect.h"

namespace ferry {
namespace {

using Kind = ContentPart::Kind;

class Uses {
 public:
  explicit Uses(const WireDialect* dialect) : dialect_(dialect) {}

  // `field` is OpenAI's name, for those who have no other.
  void add(bool used, Feature feature, std::string_view field) {
    if (!used) return;
    const std::string_view own = dialect_ != nullptr ? dialect_->field_name(feature) : std::string_view();
    uses_.push_back({.feature = feature, .field = std::string(own.empty() ? field : own)});
  }
  void add(const std::string& place, Feature feature) {
    if (!place.empty()) uses_.push_back({.feature = feature, .field = place});
  }
  std::vector<FeatureUse> take() { return std::move(uses_); }

 private:
  const WireDialect* dialect_;
  std::vector<FeatureUse> uses_;
};

// The first place of each thing that messages may hold; empty: there is none.
struct MessagePlaces {
  std::string images;
  std::string audio;
  std::string files;
  std::string signed_thoughts;
  std::string unsigned_thoughts;
  std::string names;
  std::string errors;
  std::string result_parts;
  std::string cache_marks;
};

std::string* place_of(Kind kind, bool is_signed, MessagePlaces& places) {
  switch (kind) {
    case Kind::image:
      return &places.images;
    case Kind::audio:
      return &places.audio;
    case Kind::file:
      return &places.files;
    case Kind::redacted_thought:
      return &places.signed_thoughts;
    case Kind::thought:
      return is_signed ? &places.signed_thoughts : &places.unsigned_thoughts;
    case Kind::text:
    case Kind::refusal:
    case Kind::other:  // its reader has met it
      return nullptr;
  }
  return nullptr;
}

void note(std::string& place, std::string where) {
  if (place.empty()) place = std::move(where);
}

void find_in_parts(const ChatMessage& message, size_t index, MessagePlaces& places) {
  for (size_t i = 0; i < message.content.size(); ++i) {
    const ContentPart& part = message.content[i];
    if (part.kind == Kind::text && !part.cache) continue;
    const std::string where = fmt::format("messages[{}].content[{}]", index, i);
    if (part.cache) note(places.cache_marks, where + ".cache_control");
    if (std::string* place = place_of(part.kind, !part.signature.empty(), places)) note(*place, where);
    if (message.role == "tool" && !part.is_words()) note(places.result_parts, where);
  }
}

MessagePlaces places_in(const std::vector<ChatMessage>& messages) {
  MessagePlaces places;
  for (size_t i = 0; i < messages.size(); ++i) {
    const ChatMessage& message = messages[i];
    find_in_parts(message, i, places);
    if (!message.name.empty() && message.role != "tool")
      note(places.names, fmt::format("messages[{}].name", i));
    if (message.is_error) note(places.errors, fmt::format("messages[{}].is_error", i));
    const bool marked =
        message.cache || std::any_of(message.tool_calls.begin(), message.tool_calls.end(),
                                     [](const ToolCall& call) { return call.cache.has_value(); });
    if (marked) note(places.cache_marks, fmt::format("messages[{}].cache_control", i));
  }
  return places;
}

void add_messages(const GenerationRequest& request, MessagePlaces& places, Uses& uses) {
  uses.add(!request.messages.empty(), Feature::chat, "messages");
  uses.add(!request.prompts.empty(), Feature::prompts, "prompt");
  uses.add(request.infill.has_value(), Feature::infill, "suffix");
  uses.add(places.images, Feature::images);
  uses.add(places.audio, Feature::audio);
  uses.add(places.files, Feature::files);
  uses.add(places.signed_thoughts, Feature::signed_thoughts);
  uses.add(places.unsigned_thoughts, Feature::unsigned_thoughts);
  uses.add(places.names, Feature::message_names);
  const size_t count = request.messages.size();
  const bool prefilled = count > 0 && request.messages.back().role == "assistant";
  uses.add(prefilled, Feature::prefill, prefilled ? fmt::format("messages[{}]", count - 1) : "");
}

bool has(const std::vector<ToolDefinition>& tools, bool (*what)(const ToolDefinition&)) {
  return std::any_of(tools.begin(), tools.end(), what);
}

void add_tools(const ToolRequest& request, MessagePlaces& places, Uses& uses) {
  const bool forced = request.choice == ToolRequest::Choice::required;
  const bool named = forced && request.allowed.size() == 1;
  uses.add(has(request.tools, [](const ToolDefinition& tool) { return tool.type.empty(); }), Feature::tools,
           "tools");
  uses.add(forced, Feature::forced_tool, "tool_choice");
  uses.add(!request.allowed.empty() && !named, Feature::allowed_tools, "tool_choice");
  uses.add(has(request.tools, [](const ToolDefinition& tool) { return tool.strict; }), Feature::strict_tools,
           "tools");
  uses.add(!request.parallel, Feature::serial_tool_calls, "parallel_tool_calls");
  uses.add(has(request.tools, [](const ToolDefinition& tool) { return !tool.type.empty(); }),
           Feature::server_tools, "tools");
  uses.add(places.errors, Feature::tool_errors);
  uses.add(places.result_parts, Feature::tool_result_parts);
  if (has(request.tools, [](const ToolDefinition& tool) { return tool.cache.has_value(); }))
    note(places.cache_marks, "tools");
}

void add_report(const GenerationRequest& request, Uses& uses) {
  const ReportRequest& report = request.report;
  uses.add(request.n > 1, Feature::several_choices, "n");
  uses.add(request.best_of > request.n, Feature::best_of, "best_of");
  uses.add(report.top_logprobs.has_value(), Feature::logprobs, "logprobs");
  uses.add(report.prompt_logprobs.has_value(), Feature::prompt_logprobs, "prompt_logprobs");
  uses.add(report.echo, Feature::echo, "echo");
  uses.add(report.token_ids || report.tokens_as_ids || report.special_tokens || report.prompt_text,
           Feature::token_ids, "return_token_ids");
}

void add_sampling(const SamplingRequest& sampling, Uses& uses) {
  uses.add(sampling.temperature.value_or(0) > 1, Feature::temperature_above_1, "temperature");
  uses.add(sampling.top_k.has_value(), Feature::top_k, "top_k");
  uses.add(sampling.min_p.has_value(), Feature::min_p, "min_p");
  uses.add(sampling.typical_p.has_value(), Feature::typical_p, "typical_p");
  const bool penalises =
      sampling.presence_penalty.value_or(0) != 0 || sampling.frequency_penalty.value_or(0) != 0;
  uses.add(penalises, Feature::penalties,
           sampling.presence_penalty.value_or(0) != 0 ? "presence_penalty" : "frequency_penalty");
  uses.add(sampling.repetition_penalty.value_or(1) != 1, Feature::repetition_penalty, "repetition_penalty");
  uses.add(sampling.seed.has_value(), Feature::seed, "seed");
  uses.add(!sampling.logit_bias.empty(), Feature::logit_bias, "logit_bias");
  uses.add(!sampling.bad_words.empty(), Feature::bad_words, "bad_words");
  uses.add(!sampling.allowed_tokens.empty(), Feature::allowed_tokens, "allowed_token_ids");
}

void add_stop(const StopRequest& stop, Uses& uses) {
  uses.add(!stop.strings.empty(), Feature::stop_strings, "stop");
  uses.add(!stop.token_ids.empty() || stop.include_in_text, Feature::stop_tokens,
           stop.token_ids.empty() ? "include_stop_str_in_output" : "stop_token_ids");
  uses.add(stop.min_tokens > 0, Feature::min_tokens, "min_tokens");
  uses.add(stop.ignore_eos, Feature::ignore_eos, "ignore_eos");
}

void add_format(const OutputFormat& format, Uses& uses) {
  using Format = OutputFormat::Kind;
  const bool is_json = format.kind == Format::json_object || format.kind == Format::json_schema;
  uses.add(format.kind == Format::json_object, Feature::json_object, format.field);
  uses.add(format.kind == Format::json_schema, Feature::json_schema, format.field);
  uses.add(!is_json, Feature::grammar, format.field);
}

// Beside `add_generation_prompt`, which every chat's reader sets.
bool has_template_arguments(const GenerationRequest& request) {
  const json::object& arguments = request.prompt.template_arguments;
  const json::value* turn = arguments.if_contains("add_generation_prompt");
  if (turn == nullptr) return !arguments.empty();
  const bool usual = turn->is_bool() && turn->get_bool() != request.prompt.continue_final_message;
  return arguments.size() > 1 || !usual;
}

void add_rest(const GenerationRequest& request, const MessagePlaces& places, Uses& uses) {
  const PromptRequest& prompt = request.prompt;
  uses.add(request.thought.budget || request.thought.adaptive, Feature::thinking_budget,
           "thinking_token_budget");
  uses.add(!request.thought.effort.empty(), Feature::effort, "reasoning_effort");
  uses.add(places.cache_marks, Feature::cache_control);
  uses.add(!request.user.empty(), Feature::user, "user");
  uses.add(has_template_arguments(request), Feature::template_arguments, "chat_template_kwargs");
  uses.add(prompt.add_special_tokens || prompt.truncate, Feature::prompt_options,
           prompt.truncate ? "truncate_prompt_tokens" : "add_special_tokens");
  uses.add(request.priority != 0 || !request.cache_salt.empty() || !request.id.empty(), Feature::hints,
           request.priority != 0 ? "priority"
           : request.id.empty()  ? "cache_salt"
                                 : "request_id");
}

}  // namespace

std::vector<FeatureUse> typed_uses(const GenerationRequest& request) {
  Uses uses(request.dialect);
  MessagePlaces places = places_in(request.messages);
  add_messages(request, places, uses);
  add_tools(request.tools, places, uses);
  add_report(request, uses);
  add_sampling(request.sampling, uses);
  add_stop(request.stop, uses);
  if (request.format) add_format(*request.format, uses);
  add_rest(request, places, uses);
  return uses.take();
}

}  // namespace ferry
