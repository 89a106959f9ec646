#include "serve/providers/chat_context.h"

#include <algorithm>
#include <map>

#include "base/core/random_id.h"
#include "serve/dialects/openai_writing.h"

namespace ferry {
namespace {

constexpr size_t kShortIdSize = 9;
constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

bool is_short_id(std::string_view id) {
  return id.size() == kShortIdSize &&
         std::all_of(id.begin(), id.end(), [](char c) { return kDigits.find(c) != std::string_view::npos; });
}

std::string spell(uint64_t number, size_t size) {
  std::string text(size, '0');
  for (char& c : text) {
    c = kDigits[number % kDigits.size()];
    number /= kDigits.size();
  }
  return text;
}

// FNV-1a: the same id in a call and in what answers it.
std::string shortened(std::string_view id) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return spell(hash, kShortIdSize);
}

class MessageWriter {
 public:
  explicit MessageWriter(const ModelVoice& voice) : voice_(voice) {}

  ApiResult<json::value> write(const ChatMessage& message, size_t index) {
    json::value raw = message.raw.is_null() ? openai_message(message) : message.raw;
    json::object& object = raw.get_object();
    // Clients may send content in parts; the templates of text models print what they get, and expect a
    // string.
    json::value* content = object.if_contains("content");
    if (content != nullptr && content->is_array()) *content = text_of(message);
    write_thought(object);
    if (message.role == "tool") write_result(message, object);
    if (message.tool_calls.empty()) return raw;
    auto written = write_calls(message, index, object);
    if (!written) return tl::unexpected(std::move(written).error());
    return raw;
  }

 private:
  // Clients give a thought back under the name that they found it by.
  static void write_thought(json::object& object) {
    const json::value* thought = object.if_contains("reasoning");
    if (thought != nullptr && thought->is_string() && !object.contains("reasoning_content")) {
      object.emplace("reasoning_content",
                     json::value(*thought));  // a copy: growing moves the object's values
    }
  }

  // Some templates name the tool whose result it is.
  void write_result(const ChatMessage& message, json::object& object) const {
    const auto found = names_.find(message.tool_call_id);
    if (message.name.empty() && found != names_.end()) object.insert_or_assign("name", found->second);
    object.insert_or_assign("tool_call_id", id_of(message.tool_call_id));
  }

  ApiResult<void> write_calls(const ChatMessage& message, size_t index, json::object& object) {
    if (text_of(message).empty()) {
      object.insert_or_assign("content", voice_.null_content ? json::value(nullptr) : json::value(""));
    }
    json::array& calls = object.at("tool_calls").get_array();
    for (size_t i = 0; i < calls.size(); ++i) {
      const ToolCall& call = message.tool_calls[i];
      names_[call.id] = call.name;
      json::object& written = calls[i].get_object();
      if (!call.id.empty()) written.insert_or_assign("id", id_of(call.id));
      auto arguments =
          arguments_of(call, fmt::format("messages[{}].tool_calls[{}].function.arguments", index, i));
      if (!arguments) return tl::unexpected(std::move(arguments).error());
      written.at("function").get_object().insert_or_assign("arguments", *std::move(arguments));
    }
    return {};
  }

  ApiResult<json::value> arguments_of(const ToolCall& call, std::string field) const {
    const std::string_view text = call.arguments.empty() ? std::string_view("{}") : call.arguments;
    if (voice_.text_arguments) return json::value(text);
    Result<json::value> parsed = parse_json(text, field);
    if (parsed && parsed->is_object()) return *std::move(parsed);
    std::string why = parsed ? fmt::format("{} must be the JSON text of an object", field)
                             : fmt::format("{} must be JSON: {}", field, parsed.error().message);
    return tl::unexpected(
        ApiError{{ErrorCode::invalid_argument, std::move(why)}, std::move(field), "invalid_value"});
  }

  std::string id_of(const std::string& id) const {
    return !wants_short_call_ids(voice_.syntax.tools) || is_short_id(id) ? id : shortened(id);
  }

  const ModelVoice& voice_;
  std::map<std::string, std::string> names_;  // of the tools that were called, by the calls' ids
};

// Variables that the request sets itself stay as they are.
void write_thought_policy(const ThoughtPolicy& thought, json::object& context) {
  if (thought.effort.empty()) return;
  context.insert_or_assign("reasoning_effort", thought.effort);
  for (const std::string_view name : {"enable_thinking", "thinking"}) {
    if (!context.contains(name)) context.emplace(name, thought.effort != "none");
  }
}

}  // namespace

ApiResult<json::object> chat_context(const GenerationRequest& request, const ModelVoice& voice) {
  json::object context = request.prompt.template_arguments;
  write_thought_policy(request.thought, context);
  MessageWriter writer(voice);
  json::array messages;
  for (size_t i = 0; i < request.messages.size(); ++i) {
    auto message = writer.write(request.messages[i], i);
    if (!message) return tl::unexpected(std::move(message).error());
    messages.push_back(*std::move(message));
  }
  context.insert_or_assign("messages", std::move(messages));
  if (request.tools.offered()) {
    json::array tools;
    for (const ToolDefinition& tool : request.tools.tools)
      tools.push_back(tool.raw.is_null() ? openai_tool(tool) : tool.raw);
    context.insert_or_assign("tools", std::move(tools));
  }
  if (!context.contains("add_generation_prompt")) context.emplace("add_generation_prompt", true);
  return context;
}

std::string new_call_id(ToolSyntax syntax) {
  std::string id = random_id("call_");
  return wants_short_call_ids(syntax) ? shortened(id) : id;
}

}  // namespace ferry
