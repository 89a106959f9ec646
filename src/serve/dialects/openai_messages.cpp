#include "serve/dialects/openai_messages.h"

#include <algorithm>
#include <array>

#include <fmt/ranges.h>

#include "serve/dialects/openai_parts.h"

namespace ferry {
namespace {

constexpr auto kRoles = std::to_array<std::string_view>({"system", "developer", "user", "assistant", "tool"});

bool is_role(std::string_view role) {
  return std::find(kRoles.begin(), kRoles.end(), role) != kRoles.end();
}

void read_refusal(FieldReader& message, ChatMessage& out) {
  const json::value* refusal = message.get("refusal");
  if (refusal == nullptr || !refusal->is_string()) return;
  out.content.push_back(
      {.text = std::string(std::string_view(refusal->get_string())), .kind = ContentPart::Kind::refusal});
}

void read_content(FieldReader& message, ChatMessage& out) {
  const json::value* content = message.get("content");
  if (content == nullptr) {
    // An assistant's turn may be nothing but tool calls or a refusal; nobody knows about roles that we do
    // not.
    if (out.role == "assistant") return read_refusal(message, out);
    if (is_role(out.role)) message.refuse("content", "must be a string or an array of parts");
    return;
  }
  if (content->is_string()) {
    out.content.push_back({std::string(std::string_view(content->get_string()))});
  } else if (content->is_array()) {
    const json::array& parts = content->get_array();
    for (size_t i = 0; i < parts.size() && !message.failed(); ++i) {
      read_openai_part(parts[i], fmt::format("{}content[{}].", message.path(), i), message, out);
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
  if (const auto type = call.text("type"); type && *type != "function") {
    call.note("type", "must be \"function\"", Feature::foreign, ErrorCode::invalid_argument);
    return message.take_failure(call);
  }
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

// What clients give back of an answer beside its words, and what nobody here knows.
void note_others(FieldReader& message) {
  if (message.get("function_call") != nullptr) message.note_hint("function_call", Feature::unknown);
  message.get("refusal");
  message.note_unknown(Feature::hints);
}

ChatMessage read_message(const json::value& value, size_t index, FieldReader& fields) {
  const json::object nothing;
  FieldReader message(value.is_object() ? value.get_object() : nothing, fmt::format("messages[{}].", index));
  if (!value.is_object()) message.refuse("", fmt::format("must be an object, not {}", json_kind(value)));
  ChatMessage out;
  out.role = message.text("role").value_or("");
  if (!is_role(out.role)) {
    const std::string wanted = fmt::format("must be one of {}", fmt::join(kRoles, ", "));
    if (out.role.empty()) message.refuse("role", wanted);
    message.note("role", wanted, Feature::foreign, ErrorCode::invalid_argument);
  }
  read_openai_thoughts(message, out);
  read_content(message, out);
  out.name = message.text("name").value_or("");
  read_tool_calls(message, out);
  out.tool_call_id = message.text("tool_call_id").value_or("");
  if (out.role == "tool" && out.tool_call_id.empty())
    message.refuse("tool_call_id", "must name the call that it answers");
  note_others(message);
  fields.take_failure(message);
  return out;
}

}  // namespace

void read_openai_messages(json::object& body, FieldReader& fields, GenerationRequest& request) {
  if (const json::array* messages = fields.array("messages"); messages == nullptr || messages->empty()) {
    return fields.refuse_missing("messages", "must be an array of at least one message");
  }
  json::array& messages = body.at("messages").get_array();
  for (size_t i = 0; i < messages.size(); ++i) {
    ChatMessage message = read_message(messages[i], i, fields);
    if (fields.failed()) return;
    message.raw = std::move(messages[i]);
    request.messages.push_back(std::move(message));
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
