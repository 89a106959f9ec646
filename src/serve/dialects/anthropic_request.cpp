// Reading; writing is in anthropic_writing.cpp.

#include "serve/dialects/anthropic_request.h"

#include <algorithm>
#include <array>
#include <limits>

#include "serve/dialects/anthropic_blocks.h"
#include "serve/dialects/cache_mark.h"
#include "serve/dialects/openai_request.h"

namespace ferry {
namespace {

using Choice = ToolRequest::Choice;

constexpr int64_t kMaxTokens = std::numeric_limits<int32_t>::max();
constexpr size_t kMaxTools = 4096;
constexpr size_t kMaxStops = 8192;

// What our engine has nothing like.
constexpr auto kForeign = std::to_array<UnsupportedField>({
    {"container", ""},
    {"mcp_servers", ""},
    {"context_management", ""},
    {"inference_geo", ""},
});

// No answer depends on these.
constexpr auto kHints =
    std::to_array<std::string_view>({"speed", "diagnostics", "user_profile_id", "workspace_id"});

void read_tool(const json::value& value, std::string path, FieldReader& fields, ToolRequest& request) {
  const json::object nothing;
  FieldReader tool(value.is_object() ? value.get_object() : nothing, std::move(path));
  if (!value.is_object()) tool.refuse("", fmt::format("must be an object, not {}", json_kind(value)));
  const std::string type = tool.text("type").value_or("custom");
  ToolDefinition read{.name = tool.text("name").value_or("")};
  if (type != "custom") {
    tool.note("type", "must be \"custom\"; other tools are not supported", Feature::server_tools);
    read.type = type;
    read.raw = value;
  } else {
    if (read.name.empty()) tool.refuse_missing("name", "must name the tool");
    read.description = tool.text("description").value_or("");
    read.strict = tool.boolean("strict").value_or(false);
    if (const json::object* schema = tool.object("input_schema")) read.parameters = *schema;
    read.cache = read_cache_mark(tool);
    constexpr std::string_view hints[] = {"input_examples", "eager_input_streaming"};
    tool.accept(hints);
    tool.note_unknown(Feature::foreign);
    read.rest = tool.rest();
  }
  const auto same = [&](const ToolDefinition& other) { return other.name == read.name; };
  if (!read.name.empty() && std::any_of(request.tools.begin(), request.tools.end(), same))
    tool.refuse("name", fmt::format("'{}' is also the name of another tool", read.name));
  fields.take_failure(tool);
  request.tools.push_back(std::move(read));
}

void read_tool_choice(FieldReader& fields, ToolRequest& request) {
  const json::object* object = fields.object("tool_choice");
  if (object == nullptr) return;
  FieldReader choice(*object, fields.path() + "tool_choice.");
  const std::string type = choice.text("type").value_or("");
  if (type == "any" || type == "tool") request.choice = Choice::required;
  if (type == "none") request.choice = Choice::none;
  if (type == "tool") {
    request.allowed.push_back(choice.text("name").value_or(""));
    const auto named = [&](const ToolDefinition& tool) { return tool.name == request.allowed.front(); };
    if (std::none_of(request.tools.begin(), request.tools.end(), named))
      choice.refuse("name", fmt::format("'{}' is none of the tools", request.allowed.front()));
  }
  if (request.choice == Choice::required && request.tools.empty())
    choice.refuse("type", "asks for a call, but there are no tools");
  constexpr auto known = std::to_array<std::string_view>({"auto", "any", "tool", "none"});
  if (std::find(known.begin(), known.end(), type) == known.end())
    choice.note("type", "must be auto, any, tool or none", Feature::foreign, ErrorCode::invalid_argument);
  request.parallel = !choice.boolean("disable_parallel_tool_use").value_or(false);
  fields.take_member("tool_choice", choice);
}

void read_tools(FieldReader& fields, ToolRequest& request) {
  const json::array* tools = fields.array("tools");
  if (tools != nullptr && tools->size() > kMaxTools)
    fields.refuse("tools", fmt::format("has more than {} tools", kMaxTools));
  for (size_t i = 0; tools != nullptr && i < tools->size() && !fields.failed(); ++i)
    read_tool((*tools)[i], fmt::format("{}tools[{}].", fields.path(), i), fields, request);
  read_tool_choice(fields, request);
}

// Without a word about it there is no thought in the answer. {"type": "disabled"} asks for none to be made.
void read_thinking(FieldReader& fields, ThoughtPolicy& thought) {
  thought.report = false;
  const json::object* object = fields.object("thinking");
  if (object == nullptr) return;
  FieldReader thinking(*object, fields.path() + "thinking.");
  const std::string type = thinking.text("type").value_or("");
  thought.display = thinking.text("display").value_or("");
  if (type == "enabled") {
    thought.budget = thinking.integer("budget_tokens", 1, kMaxTokens);
    if (!thought.budget) thinking.refuse_missing("budget_tokens", "must be a number of tokens");
  } else if (type == "adaptive") {
    thought.adaptive = true;
  } else if (type == "disabled") {
    thought.budget = 0;
  } else {
    thinking.note("type", "must be enabled, adaptive or disabled", Feature::foreign,
                  ErrorCode::invalid_argument);
  }
  thought.report = type != "disabled";
  fields.take_member("thinking", thinking);
}

void read_format(FieldReader& owner, std::string_view name, GenerationRequest& request) {
  const json::object* object = owner.object(name);
  if (object == nullptr) return;
  FieldReader format(*object, fmt::format("{}{}.", owner.path(), name));
  if (format.text("type") != "json_schema") {
    format.note("type", "must be json_schema", Feature::foreign, ErrorCode::invalid_argument);
  } else if (const json::value* schema = format.get("schema"); schema != nullptr && schema->is_object()) {
    request.format = OutputFormat{.kind = OutputFormat::Kind::json_schema,
                                  .schema = *schema,
                                  .field = owner.path() + std::string(name)};
  } else {
    format.refuse_missing("schema", "must be a JSON Schema: an object");
  }
  owner.take_member(name, format);
}

void read_output_config(FieldReader& fields, GenerationRequest& request) {
  read_format(fields, "output_format", request);  // its name while it was a beta
  const json::object* object = fields.object("output_config");
  if (object == nullptr) return;
  FieldReader config(*object, fields.path() + "output_config.");
  constexpr auto efforts = std::to_array<std::string_view>({"low", "medium", "high", "xhigh", "max"});
  request.thought.effort = config.text("effort").value_or("");
  if (const std::string& effort = request.thought.effort;
      !effort.empty() && std::find(efforts.begin(), efforts.end(), effort) == efforts.end()) {
    config.note("effort", "must be low, medium, high, xhigh or max", Feature::foreign,
                ErrorCode::invalid_argument);
    request.thought.effort.clear();
  }
  read_format(config, "format", request);
  config.take_rest();
  fields.take_member("output_config", config);
}

void read_user(FieldReader& fields, GenerationRequest& request) {
  const json::object* object = fields.object("metadata");
  if (object == nullptr) return;
  FieldReader metadata(*object, fields.path() + "metadata.");
  request.user = metadata.text("user_id").value_or("");
  metadata.note_unknown(Feature::metadata);
  fields.take_member("metadata", metadata);
}

void read_stops(FieldReader& fields, StopRequest& stop) {
  stop.strings = fields.texts("stop_sequences", kMaxStops);
  for (const std::string& text : stop.strings) {
    if (text.empty()) return fields.refuse("stop_sequences", "must not hold an empty string");
  }
}

void read_messages(FieldReader& fields, GenerationRequest& request) {
  std::vector<ContentPart> system = read_anthropic_texts(fields, "system");
  if (!system.empty())
    request.messages.push_back(
        {.role = "system", .content = std::move(system), .name = {}, .tool_calls = {}, .tool_call_id = {}});
  const json::array* messages = fields.array("messages");
  if (messages == nullptr || messages->empty())
    return fields.refuse_missing("messages", "must be an array of at least one message");
  for (size_t i = 0; i < messages->size() && !fields.failed(); ++i)
    read_anthropic_message((*messages)[i], fmt::format("messages[{}].", i), fields, request.messages);
  // The answer goes on where the last message ends.
  const bool prefilled = !request.messages.empty() && request.messages.back().role == "assistant";
  if (!prefilled) return;
  request.prompt.continue_final_message = true;
  request.prompt.template_arguments.emplace("add_generation_prompt", false);
}

// What a request for a count has, too.
void read_prompt(FieldReader& fields, GenerationRequest& request) {
  request.model = fields.text("model").value_or("");
  if (request.model.empty()) fields.refuse_missing("model", "must name a model");
  read_messages(fields, request);
  read_tools(fields, request.tools);
  read_thinking(fields, request.thought);
  read_output_config(fields, request);
}

void read_limit(FieldReader& fields, GenerationRequest& request) {
  const auto limit = fields.integer("max_tokens", 0, kMaxTokens);
  if (!limit) return fields.refuse_missing("max_tokens", "must be a number of tokens");
  // The vendor fills its cache with such a request.
  if (*limit == 0)
    return fields.note("max_tokens", "must be 1 or more", Feature::foreign, ErrorCode::invalid_argument);
  request.stop.max_tokens = limit;
}

ApiResult<GenerationRequest> finish(FieldReader& fields, GenerationRequest request) {
  fields.refuse_unsupported(kForeign);
  constexpr std::string_view tier[] = {"service_tier"};
  constexpr std::string_view cache[] = {"cache_control"};
  fields.accept(tier, Feature::service_tier);
  fields.accept(cache, Feature::cache_control);
  fields.accept(kHints);
  request.dialect = &kAnthropicMessages;
  return finish_openai_request(fields, false, std::move(request));
}

}  // namespace

ApiResult<GenerationRequest> read_anthropic_request(std::string_view text) {
  const ApiResult<json::value> body = parse_openai_body(text);
  if (!body) return tl::unexpected(body.error());
  FieldReader fields(body->get_object());
  GenerationRequest request;
  read_prompt(fields, request);
  read_limit(fields, request);
  read_stops(fields, request.stop);
  request.sampling.temperature = fields.number("temperature", 0, 1);
  request.sampling.top_p = fields.number("top_p", 0, 1);
  request.sampling.top_k = fields.integer("top_k", 0, kMaxTokens);
  request.stream = fields.boolean("stream").value_or(false);
  request.stream_usage = request.stream;  // every stream of Anthropic's has it
  read_user(fields, request);
  return finish(fields, std::move(request));
}

ApiResult<GenerationRequest> read_anthropic_count(std::string_view text) {
  const ApiResult<json::value> body = parse_openai_body(text);
  if (!body) return tl::unexpected(body.error());
  FieldReader fields(body->get_object());
  GenerationRequest request;
  read_prompt(fields, request);
  return finish(fields, std::move(request));
}

}  // namespace ferry
