#include "serve/dialects/openai_messages.h"

#include <algorithm>
#include <array>

#include <fmt/ranges.h>

namespace ferry {
namespace {

constexpr auto kRoles = std::to_array<std::string_view>({"system", "developer", "user", "assistant", "tool"});

void read_part(const json::value& value, std::string path, FieldReader& message, ChatMessage& out) {
  if (!value.is_object()) return message.refuse("content", "must be an array of objects, or a string");
  FieldReader part(value.get_object(), std::move(path));
  const std::string type = part.text("type").value_or("");
  if (type == "text" || type == "refusal") {
    std::optional<std::string> text = part.text(type);
    if (!text) part.refuse(type, "must be a string");
    out.content.push_back({std::move(text).value_or("")});
  } else if (type == "image_url" || type == "input_audio" || type == "file" || type == "video_url") {
    part.refuse("type", fmt::format("\"{}\" is not supported yet; only text is", type),
                ErrorCode::unsupported);
  } else {
    part.refuse("type", "must be \"text\"");
  }
  message.take_failure(part);
}

void read_content(FieldReader& message, ChatMessage& out) {
  const json::value* content = message.get("content");
  if (content == nullptr) {
    // An assistant's turn may be nothing but tool calls or a refusal.
    if (out.role != "assistant") message.refuse("content", "must be a string or an array of parts");
    return;
  }
  if (content->is_string()) {
    out.content.push_back({std::string(std::string_view(content->get_string()))});
  } else if (content->is_array()) {
    const json::array& parts = content->get_array();
    for (size_t i = 0; i < parts.size() && !message.failed(); ++i) {
      read_part(parts[i], fmt::format("{}content[{}].", message.path(), i), message, out);
    }
  } else {
    message.refuse("content",
                   fmt::format("must be a string or an array of parts, not {}", json_kind(*content)));
  }
}

void read_tool_call(const json::value& value, std::string path, FieldReader& message, ChatMessage& out) {
  if (!value.is_object()) return message.refuse("tool_calls", "must be an array of objects");
  FieldReader call(value.get_object(), std::move(path));
  ToolCall parsed;
  parsed.id = call.text("id").value_or("");
  if (const auto type = call.text("type"); type && *type != "function")
    call.refuse("type", "must be \"function\"");
  if (const json::object* function = call.object("function")) {
    FieldReader inner(*function, call.path() + "function.");
    parsed.name = inner.text("name").value_or("");
    if (parsed.name.empty()) inner.refuse("name", "must name a function");
    parsed.arguments = inner.text("arguments").value_or("");
    call.take_failure(inner);
  } else {
    call.refuse("function", "must be an object");
  }
  message.take_failure(call);
  out.tool_calls.push_back(std::move(parsed));
}

void read_tool_calls(FieldReader& message, ChatMessage& out) {
  const json::array* calls = message.array("tool_calls");
  if (calls == nullptr) return;
  if (out.role != "assistant") return message.refuse("tool_calls", "belongs to an assistant's message");
  for (size_t i = 0; i < calls->size() && !message.failed(); ++i) {
    read_tool_call((*calls)[i], fmt::format("{}tool_calls[{}].", message.path(), i), message, out);
  }
}

ApiResult<ChatMessage> read_message(const json::value& value, size_t index) {
  const json::object nothing;
  FieldReader message(value.is_object() ? value.get_object() : nothing, fmt::format("messages[{}].", index));
  if (!value.is_object()) message.refuse("", fmt::format("must be an object, not {}", json_kind(value)));
  ChatMessage out;
  out.role = message.text("role").value_or("");
  if (std::find(kRoles.begin(), kRoles.end(), out.role) == kRoles.end()) {
    message.refuse("role", fmt::format("must be one of {}", fmt::join(kRoles, ", ")));
  }
  read_content(message, out);
  out.name = message.text("name").value_or("");
  read_tool_calls(message, out);
  out.tool_call_id = message.text("tool_call_id").value_or("");
  if (out.role == "tool" && out.tool_call_id.empty())
    message.refuse("tool_call_id", "must name the call that it answers");
  if (message.failed()) return tl::unexpected(message.failure());
  return out;
}

}  // namespace

void read_openai_messages(json::object& body, FieldReader& fields, GenerationRequest& request) {
  if (const json::array* messages = fields.array("messages"); messages == nullptr || messages->empty()) {
    return fields.refuse_missing("messages", "must be an array of at least one message");
  }
  json::array& messages = body.at("messages").get_array();
  for (size_t i = 0; i < messages.size(); ++i) {
    ApiResult<ChatMessage> message = read_message(messages[i], i);
    if (!message) return fields.take_failure(message.error());
    message->raw = std::move(messages[i]);
    request.messages.push_back(*std::move(message));
  }
}

// What the template gets beside the messages.
void read_template_options(FieldReader& fields, GenerationRequest& request) {
  json::object& arguments = request.prompt.template_arguments;
  if (const json::object* given = fields.object("chat_template_kwargs")) arguments = *given;
  if (const json::array* documents = fields.array("documents"))
    arguments.insert_or_assign("documents", *documents);
  request.prompt.continue_final_message = fields.boolean("continue_final_message").value_or(false);
  const std::optional<bool> turn = fields.boolean("add_generation_prompt");
  if (turn == true && request.prompt.continue_final_message) {
    fields.refuse("continue_final_message", "and add_generation_prompt exclude each other");
  }
  arguments.insert_or_assign("add_generation_prompt", turn.value_or(!request.prompt.continue_final_message));
}

}  // namespace ferry
