// Requests for Anthropic's API.

#include <algorithm>

#include "serve/dialects/anthropic_blocks.h"
#include "serve/dialects/anthropic_request.h"
#include "serve/dialects/cache_mark.h"
#include "serve/dialects/openai_writing.h"

namespace ferry {
namespace {

constexpr std::string_view kVersion = "2023-06-01";
constexpr int64_t kLeastBudget = 1024;  // of a thought, as the API has it

bool is_system(const ChatMessage& message) {
  return message.role == "system" || message.role == "developer";
}

std::string_view role_of(const ChatMessage& message) {
  if (message.role == "tool") return "user";
  return is_system(message) ? "system" : std::string_view(message.role);
}

class BodyWriter {
 public:
  BodyWriter(std::string& out, const GenerationRequest& request, const WriteOptions& options)
      : w_(out), request_(request), options_(options), is_own_(request.dialect == &kAnthropicMessages) {}

  // What a count is of.
  ApiResult<void> prompt();
  void answer();
  void begin() { w_.begin_object(); }
  void end();

 private:
  bool may(std::string_view name) const { return !request_.foreign.contains(name); }
  void system(size_t count);
  ApiResult<void> messages(size_t first);
  void tools();
  void tool_choice();
  void thinking();
  void thinking_of_tokens(int64_t tokens);
  void output_config();
  int64_t max_tokens() const;
  std::optional<int64_t> budget() const;

  JsonWriter w_;
  const GenerationRequest& request_;
  const WriteOptions& options_;
  const bool is_own_;
};

void BodyWriter::system(size_t count) {
  if (count == 0) return;
  std::vector<const ContentPart*> parts;
  for (size_t i = 0; i < count; ++i) {
    for (const ContentPart& part : request_.messages[i].content) {
      if (!part.text.empty()) parts.push_back(&part);
    }
  }
  if (parts.empty()) return;
  w_.key("system");
  const bool is_plain = parts.size() == 1 && !parts.front()->cache && parts.front()->rest.empty();
  if (is_plain) return w_.value(parts.front()->text);
  w_.begin_array();
  for (const ContentPart* part : parts) write_anthropic_text(w_, *part);
  w_.end_array();
}

bool is_plain_text(std::span<const ChatMessage> messages) {
  if (messages.size() != 1 || !messages[0].tool_calls.empty() || messages[0].content.size() != 1)
    return false;
  const ContentPart& part = messages[0].content.front();
  return messages[0].role != "tool" && part.is_words() && !part.cache && part.rest.empty();
}

// Empty texts are not sent.
bool says_nothing(const ChatMessage& message) {
  return message.role != "tool" && message.tool_calls.empty() &&
         std::all_of(message.content.begin(), message.content.end(),
                     [](const ContentPart& part) { return part.is_words() && part.text.empty(); });
}

ApiResult<void> BodyWriter::messages(size_t first) {
  const std::span<const ChatMessage> all(request_.messages);
  w_.key("messages");
  w_.begin_array();
  for (size_t begin = first; begin < all.size();) {
    size_t end = begin + 1;
    while (end < all.size() && role_of(all[end]) == role_of(all[begin])) ++end;
    const auto turn = all.subspan(begin, end - begin);
    if (!std::all_of(turn.begin(), turn.end(), says_nothing)) {
      w_.begin_object();
      w_.member("role", role_of(turn.front()));
      w_.key("content");
      if (is_plain_text(turn)) {
        w_.value(turn.front().content.front().text);
      } else {
        w_.begin_array();
        if (auto written = write_anthropic_blocks(w_, turn, begin); !written) return written;
        w_.end_array();
      }
      w_.end_object();
    }
    begin = end;
  }
  w_.end_array();
  return {};
}

void write_tool(JsonWriter& w, const ToolDefinition& tool) {
  if (!tool.type.empty()) return w.value(tool.raw);
  w.begin_object();
  w.member("name", tool.name);
  if (!tool.description.empty()) w.member("description", tool.description);
  json::object schema = tool.parameters.is_object() ? tool.parameters.get_object() : json::object();
  schema.emplace("type", "object");
  w.member("input_schema", json::value(std::move(schema)));
  if (tool.strict) w.member("strict", true);
  write_cache_mark(w, tool.cache);
  write_rest(w, tool.rest);
  w.end_object();
}

void BodyWriter::tools() {
  const ToolRequest& tools = request_.tools;
  if (tools.tools.empty()) return;
  w_.key("tools");
  w_.begin_array();
  for (const ToolDefinition& tool : tools.tools) write_tool(w_, tool);
  w_.end_array();
  if (may("tool_choice")) tool_choice();
}

void BodyWriter::tool_choice() {
  using Choice = ToolRequest::Choice;
  const ToolRequest& tools = request_.tools;
  if (tools.choice == Choice::automatic && tools.parallel) return;
  const bool named = tools.choice == Choice::required && !tools.allowed.empty();
  w_.key("tool_choice");
  w_.begin_object();
  if (tools.choice == Choice::none) {
    w_.member("type", "none");
  } else if (named) {
    w_.member("type", "tool");
    w_.member("name", tools.allowed.front());
  } else {
    w_.member("type", tools.choice == Choice::required ? "any" : "auto");
  }
  if (!tools.parallel && tools.choice != Choice::none) w_.member("disable_parallel_tool_use", true);
  w_.end_object();
}

// How many tokens a thought may have. Half of a small limit is left to the answer; a limit too small for any
// thought gets none, for an effort is a wish.
std::optional<int64_t> BodyWriter::budget() const {
  const ThoughtPolicy& thought = request_.thought;
  if (thought.budget) return thought.budget;
  if (is_own_ || thought.effort.empty() || options_.adaptive_thinking) return std::nullopt;
  const int64_t wanted = budget_of_effort(thought.effort);
  if (!request_.stop.max_tokens || wanted == 0) return wanted;
  const int64_t allowed = std::min(wanted, *request_.stop.max_tokens / 2);
  if (allowed < kLeastBudget) return std::nullopt;
  return allowed;
}

int64_t BodyWriter::max_tokens() const {
  if (request_.stop.max_tokens) return *request_.stop.max_tokens;
  return options_.max_tokens + budget().value_or(0);
}

void BodyWriter::thinking_of_tokens(int64_t tokens) {
  w_.member("type", tokens == 0 ? "disabled" : "enabled");
  if (tokens > 0) w_.member("budget_tokens", tokens);
}

void BodyWriter::thinking() {
  const ThoughtPolicy& thought = request_.thought;
  const bool wishes = !is_own_ && options_.adaptive_thinking && !thought.effort.empty();
  const bool adaptive = thought.adaptive || (wishes && thought.effort != "none");
  const std::optional<int64_t> tokens = wishes && thought.effort == "none" ? 0 : budget();
  if (!may("thinking") || (!adaptive && !tokens)) return;
  w_.key("thinking");
  w_.begin_object();
  if (adaptive) {
    w_.member("type", "adaptive");
  } else {
    thinking_of_tokens(*tokens);
  }
  if (!thought.display.empty()) w_.member("display", thought.display);
  w_.end_object();
}

void BodyWriter::output_config() {
  const ThoughtPolicy& thought = request_.thought;
  const bool tells_effort =
      (is_own_ || options_.adaptive_thinking) && !thought.effort.empty() && thought.effort != "none";
  const bool has_schema = request_.format && request_.format->kind == OutputFormat::Kind::json_schema;
  if ((!tells_effort && !has_schema) || !may("output_config")) return;
  w_.key("output_config");
  w_.begin_object();
  if (tells_effort) w_.member("effort", thought.effort == "minimal" ? std::string("low") : thought.effort);
  if (has_schema) {
    w_.key("format");
    w_.begin_object();
    w_.member("type", "json_schema");
    w_.member("schema", request_.format->schema);
    w_.end_object();
  }
  w_.end_object();
}

ApiResult<void> BodyWriter::prompt() {
  w_.member("model", options_.model);
  const auto first_turn = std::find_if_not(request_.messages.begin(), request_.messages.end(), is_system);
  const auto systems = static_cast<size_t>(first_turn - request_.messages.begin());
  system(systems);
  if (auto written = messages(systems); !written) return written;
  tools();
  thinking();
  output_config();
  return {};
}

void BodyWriter::answer() {
  if (may("max_tokens")) w_.member("max_tokens", max_tokens());
  const SamplingRequest& sampling = request_.sampling;
  if (sampling.temperature) w_.member("temperature", *sampling.temperature);
  if (sampling.top_p) w_.member("top_p", *sampling.top_p);
  if (sampling.top_k.value_or(0) > 0) w_.member("top_k", *sampling.top_k);
  if (!request_.stop.strings.empty()) {
    w_.key("stop_sequences");
    w_.begin_array();
    for (const std::string& text : request_.stop.strings) w_.value(text);
    w_.end_array();
  }
  if (!request_.user.empty() && may("metadata")) {
    w_.key("metadata");
    w_.begin_object();
    w_.member("user_id", request_.user);
    w_.end_object();
  }
  if (request_.stream) w_.member("stream", true);
}

void BodyWriter::end() {
  write_rest(w_, request_.foreign);
  w_.end_object();
}

WireRequest with_version() {
  return {.body = {}, .headers = {{"anthropic-version", std::string(kVersion)}}};
}

}  // namespace

ApiResult<WireRequest> write_anthropic_request(const GenerationRequest& request,
                                               const WriteOptions& options) {
  WireRequest out = with_version();
  BodyWriter body(out.body, request, options);
  body.begin();
  if (auto written = body.prompt(); !written) return tl::unexpected(std::move(written).error());
  body.answer();
  body.end();
  return out;
}

ApiResult<WireRequest> write_anthropic_count(const GenerationRequest& request, const WriteOptions& options) {
  WireRequest out = with_version();
  BodyWriter body(out.body, request, options);
  body.begin();
  if (auto written = body.prompt(); !written) return tl::unexpected(std::move(written).error());
  body.end();
  return out;
}

}  // namespace ferry
