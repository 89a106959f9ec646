#include "serve/dialects/openai_writing.h"

#include <array>
#include <cmath>

#include "serve/dialects/json_span.h"

namespace ferry {
namespace {

struct EffortBudget {
  std::string_view effort;
  int64_t tokens;
};
constexpr auto kEffortBudgets = std::to_array<EffortBudget>({{"none", 0},
                                                             {"minimal", 1024},
                                                             {"low", 1024},
                                                             {"medium", 8192},
                                                             {"high", 24576},
                                                             {"xhigh", 32768},
                                                             {"max", 65536}});

// Writes members of the body. What `foreign` has under the same name goes before what the typed form says:
// there it is as it was sent.
class BodyWriter {
 public:
  BodyWriter(std::string& out, const GenerationRequest& request, const WriteOptions& options)
      : w_(out),
        request_(request),
        options_(options),
        is_own_(request.dialect == nullptr || request.dialect->vendor == "openai") {}

  void write();

 private:
  bool may(std::string_view name) const { return !request_.foreign.contains(name); }
  template <class T>
  void member(std::string_view name, const T& value) {
    if (may(name)) w_.member(name, value);
  }
  template <class T>
  void member(std::string_view name, const std::optional<T>& value) {
    if (value) member(name, *value);
  }
  void flag(std::string_view name, bool value, bool usual = false) {
    if (value != usual) member(name, value);
  }
  void list(std::string_view name, const auto& items) {
    if (items.empty() || !may(name)) return;
    w_.key(name);
    w_.begin_array();
    for (const auto& item : items) w_.value(item);
    w_.end_array();
  }

  void messages();
  void prompts();
  void tools();
  void tool_choice();
  void sampling();
  void logit_bias();
  void stop();
  void max_tokens();
  void format();
  void json_schema(const OutputFormat& format);
  void thought();
  void report();
  void prompt_options();
  void stream();
  void rest();

  JsonWriter w_;
  const GenerationRequest& request_;
  const WriteOptions& options_;
  const bool is_own_;  // it came from OpenAI's dialect: vLLM's names are its own
};

void BodyWriter::messages() {
  w_.key("messages");
  w_.begin_array();
  for (const ChatMessage& message : request_.messages) {
    json::value form = message.raw.is_null() ? openai_message(message) : message.raw;
    if (options_.older_names && message.role == "developer") form.get_object()["role"] = "system";
    w_.value(form);
  }
  w_.end_array();
}

void BodyWriter::prompts() {
  const auto write = [&](const Prompt& prompt) {
    if (const auto* text = std::get_if<std::string>(&prompt)) return w_.value(*text);
    w_.begin_array();
    for (const TokenId token : std::get<std::vector<TokenId>>(prompt)) w_.value(token);
    w_.end_array();
  };
  w_.key("prompt");
  if (request_.prompts.size() == 1) return write(request_.prompts.front());
  w_.begin_array();
  for (const Prompt& prompt : request_.prompts) write(prompt);
  w_.end_array();
}

void BodyWriter::tools() {
  const ToolRequest& tools = request_.tools;
  if (tools.tools.empty()) return;
  w_.key("tools");
  w_.begin_array();
  for (const ToolDefinition& tool : tools.tools) w_.value(tool.raw.is_null() ? openai_tool(tool) : tool.raw);
  w_.end_array();
  if (may("tool_choice")) tool_choice();
  flag("parallel_tool_calls", tools.parallel, true);
}

json::object named(std::string_view name) {
  return {{"type", "function"}, {"function", json::object{{"name", name}}}};
}

void BodyWriter::tool_choice() {
  using Choice = ToolRequest::Choice;
  const ToolRequest& tools = request_.tools;
  const bool required = tools.choice == Choice::required;
  if (tools.choice == Choice::none) return w_.member("tool_choice", "none");
  if (tools.allowed.empty()) {
    if (required) w_.member("tool_choice", "required");
    return;
  }
  if (required && tools.allowed.size() == 1)
    return w_.member("tool_choice", json::value(named(tools.allowed.front())));
  json::array allowed;
  for (const std::string& name : tools.allowed) allowed.push_back(named(name));
  json::object choice{{"mode", required ? "required" : "auto"}, {"tools", std::move(allowed)}};
  w_.member("tool_choice",
            json::value(json::object{{"type", "allowed_tools"}, {"allowed_tools", std::move(choice)}}));
}

void BodyWriter::sampling() {
  const SamplingRequest& sampling = request_.sampling;
  member("temperature", sampling.temperature);
  member("top_p", sampling.top_p);
  member("min_p", sampling.min_p);
  member("typical_p", sampling.typical_p);
  member("top_k", sampling.top_k);
  member("presence_penalty", sampling.presence_penalty);
  member("frequency_penalty", sampling.frequency_penalty);
  member("repetition_penalty", sampling.repetition_penalty);
  member("seed", sampling.seed);
  logit_bias();
  list("bad_words", sampling.bad_words);
  list("allowed_token_ids", sampling.allowed_tokens);
}

// OpenAI's form has no word for never; llama.cpp's has.
void BodyWriter::logit_bias() {
  const auto& biases = request_.sampling.logit_bias;
  if (biases.empty() || !may("logit_bias")) return;
  bool has_never = false;
  for (const auto& [token, bias] : biases) has_never |= std::isinf(bias);
  w_.key("logit_bias");
  has_never ? w_.begin_array() : w_.begin_object();
  for (const auto& [token, bias] : biases) {
    if (!has_never) {
      w_.member(std::to_string(token), bias);
      continue;
    }
    w_.begin_array();
    w_.value(token);
    std::isinf(bias) ? w_.value(false) : w_.value(bias);
    w_.end_array();
  }
  has_never ? w_.end_array() : w_.end_object();
}

void BodyWriter::max_tokens() {
  if (!request_.stop.max_tokens || !may("max_tokens") || !may("max_completion_tokens")) return;
  const bool older = options_.older_names || !request_.prompts.empty();
  w_.member(older ? "max_tokens" : "max_completion_tokens", *request_.stop.max_tokens);
}

void BodyWriter::stop() {
  const StopRequest& stop = request_.stop;
  max_tokens();
  if (stop.min_tokens > 0) member("min_tokens", stop.min_tokens);
  list("stop", stop.strings);
  list("stop_token_ids", stop.token_ids);
  flag("ignore_eos", stop.ignore_eos);
  flag("include_stop_str_in_output", stop.include_in_text);
}

void BodyWriter::json_schema(const OutputFormat& format) {
  json::object schema{{"name", format.name.empty() ? "answer" : format.name}};
  if (!format.description.empty()) schema.emplace("description", format.description);
  schema.emplace("schema", format.schema);
  if (format.strict || !is_own_) schema.emplace("strict", format.strict.value_or(true));
  if (is_own_ && format.in_order != format.strict.value_or(false))
    schema.emplace("key_order", format.in_order ? "schema" : "model");
  w_.member("response_format",
            json::value(json::object{{"type", "json_schema"}, {"json_schema", std::move(schema)}}));
}

void BodyWriter::format() {
  using Kind = OutputFormat::Kind;
  if (!request_.format) return;
  const OutputFormat& format = *request_.format;
  const bool is_json = format.kind == Kind::json_object || format.kind == Kind::json_schema;
  if (is_json && !format.compact) {
    if (!may("response_format")) return;
    if (format.kind == Kind::json_schema) return json_schema(format);
    return w_.member("response_format", json::value(json::object{{"type", "json_object"}}));
  }
  if (!may("structured_outputs")) return;
  json::object outputs;
  if (format.kind == Kind::json_object) outputs.emplace("json_object", true);
  if (format.kind == Kind::json_schema) outputs.emplace("json", format.schema);
  if (format.kind == Kind::regex) outputs.emplace("regex", format.text);
  if (format.kind == Kind::gbnf) outputs.emplace("grammar", format.text);
  if (format.kind == Kind::choice) {
    json::array choices;
    for (const std::string& choice : format.choices) choices.emplace_back(choice);
    outputs.emplace("choice", std::move(choices));
  }
  if (format.compact) outputs.emplace("disable_any_whitespace", true);
  if (format.in_order) outputs.emplace("key_order", "schema");
  w_.member("structured_outputs", json::value(std::move(outputs)));
}

void BodyWriter::thought() {
  const ThoughtPolicy& thought = request_.thought;
  if (!is_own_) {
    const std::string_view effort = !thought.effort.empty() ? std::string_view(thought.effort)
                                    : thought.budget        ? effort_of_budget(*thought.budget)
                                                            : std::string_view();
    if (!effort.empty()) member("reasoning_effort", effort);
    return;
  }
  if (!thought.effort.empty()) member("reasoning_effort", thought.effort);
  member("thinking_token_budget", thought.budget);
  if (!thought.split) member("reasoning_format", "none");
  flag("include_reasoning", thought.report, true);
}

void BodyWriter::report() {
  const ReportRequest& report = request_.report;
  if (request_.messages.empty()) {
    member("logprobs", report.top_logprobs);
  } else if (report.top_logprobs) {
    member("logprobs", true);
    if (*report.top_logprobs > 0) member("top_logprobs", *report.top_logprobs);
  }
  member("prompt_logprobs", report.prompt_logprobs);
  flag("echo", report.echo);
  flag("return_token_ids", report.token_ids);
  flag("return_prompt_text", report.prompt_text);
  flag("return_tokens_as_token_ids", report.tokens_as_ids);
  flag("skip_special_tokens", !report.special_tokens, true);
}

void BodyWriter::prompt_options() {
  const PromptRequest& prompt = request_.prompt;
  member("add_special_tokens", prompt.add_special_tokens);
  member("truncate_prompt_tokens", prompt.truncate);
  if (prompt.truncate_side == PromptRequest::Side::right) member("truncation_side", "right");
  if (!is_own_ || request_.messages.empty()) return;
  json::object arguments = prompt.template_arguments;
  const json::value* turn = arguments.if_contains("add_generation_prompt");
  const bool opens = turn == nullptr ? !prompt.continue_final_message : turn->is_bool() && turn->get_bool();
  flag("add_generation_prompt", opens, !prompt.continue_final_message);
  flag("continue_final_message", prompt.continue_final_message);
  arguments.erase("add_generation_prompt");
  if (!arguments.empty()) member("chat_template_kwargs", json::value(std::move(arguments)));
}

void BodyWriter::stream() {
  if (!request_.stream) return;
  w_.member("stream", true);
  json::object options;
  if (const json::value* given = request_.foreign.if_contains("stream_options"); given && given->is_object())
    options = given->get_object();
  if (request_.stream_usage || options_.include_usage) options.insert_or_assign("include_usage", true);
  if (!options.empty()) w_.member("stream_options", json::value(std::move(options)));
}

void BodyWriter::rest() {
  if (request_.priority != 0) member("priority", request_.priority);
  if (!request_.cache_salt.empty()) member("cache_salt", request_.cache_salt);
  if (!request_.id.empty()) member("request_id", request_.id);
  if (!request_.user.empty()) member("user", request_.user);
  for (const auto& [name, value] : request_.foreign) {
    if (name != "stream_options") w_.member(name, value);
  }
}

void BodyWriter::write() {
  w_.begin_object();
  w_.member("model", options_.model);
  request_.prompts.empty() ? messages() : prompts();
  if (request_.infill) member("suffix", request_.infill->suffix);
  if (request_.n > 1) member("n", request_.n);
  if (request_.best_of > request_.n) member("best_of", request_.best_of);
  sampling();
  stop();
  format();
  tools();
  thought();
  report();
  prompt_options();
  stream();
  rest();
  w_.end_object();
}

Result<std::string> with_usage_wanted(std::string text) {
  FERRY_TRY(const ObjectSpans options, find_members(text, "stream_options"));
  constexpr std::string_view wanted = R"({"include_usage":true})";
  if (options.values.empty()) return with_member(text, "stream_options", wanted);
  std::string value(options.values.back().of(text));
  if (!value.starts_with('{')) return with_member(text, "stream_options", wanted);
  FERRY_TRY(const std::string changed, with_member(value, "include_usage", "true"));
  return with_member(text, "stream_options", changed);
}

Result<std::string> patched(std::string_view body, const GenerationRequest& request,
                            const WriteOptions& options) {
  FERRY_TRY(std::string text, with_member(body, "model", json_string(options.model)));
  if (!request.stream || request.stream_usage || !options.include_usage) return text;
  return with_usage_wanted(std::move(text));
}

}  // namespace

WireRequest write_openai_request(const GenerationRequest& request, const WriteOptions& options) {
  WireRequest out;
  BodyWriter(out.body, request, options).write();
  return out;
}

ApiResult<WireRequest> patch_openai_request(std::string_view body, const GenerationRequest& request,
                                            const WriteOptions& options) {
  Result<std::string> text = patched(body, request, options);
  if (!text) return tl::unexpected(ApiError{std::move(text).error(), {}, "invalid_json"});
  return WireRequest{.body = *std::move(text), .headers = {}};
}

std::string_view effort_of_budget(int64_t tokens) {
  if (tokens == 0) return "none";
  if (tokens <= 1024) return "low";
  return tokens <= 8192 ? "medium" : "high";
}

int64_t budget_of_effort(std::string_view effort) {
  for (const auto& [name, tokens] : kEffortBudgets) {
    if (name == effort) return tokens;
  }
  return 0;
}

}  // namespace ferry
