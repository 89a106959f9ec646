#include "serve/dialects/openai_chat.h"

#include <algorithm>
#include <array>

#include <fmt/ranges.h>

#include "serve/dialects/openai_answer.h"
#include "serve/dialects/openai_request.h"

namespace ferry {
namespace {

constexpr std::string_view kChunk = "chat.completion.chunk";
constexpr int kMaxTopLogprobs = 20;

constexpr auto kUnsupported = std::to_array<UnsupportedField>({
    {"functions", ""},
    {"function_call", "\"none\""},
    {"audio", ""},
    {"prediction", ""},
    {"web_search_options", ""},
    {"reasoning_effort", ""},
    {"thinking_token_budget", ""},
    {"include_reasoning", "true"},
    {"verbosity", "\"medium\""},
    {"add_generation_prompt", "true"},
    {"continue_final_message", "false"},
    {"add_special_tokens", "false"},
    {"documents", ""},
    {"chat_template", ""},
    {"media_io_kwargs", ""},
    {"mm_processor_kwargs", ""},
});

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

void read_messages(json::object& body, FieldReader& fields, GenerationRequest& request) {
  if (const json::array* messages = fields.array("messages"); messages == nullptr || messages->empty()) {
    return fields.refuse("messages", "must be an array of at least one message");
  }
  json::array& messages = body.at("messages").get_array();
  for (size_t i = 0; i < messages.size(); ++i) {
    ApiResult<ChatMessage> message = read_message(messages[i], i);
    if (!message) return fields.take_failure(message.error());
    message->raw = std::move(messages[i]);
    request.messages.push_back(*std::move(message));
  }
}

void read_logprobs(FieldReader& fields, GenerationRequest& request) {
  const bool wanted = fields.boolean("logprobs").value_or(false);
  const std::optional<int64_t> top = fields.integer("top_logprobs", 0, kMaxTopLogprobs);
  if (wanted) request.top_logprobs = static_cast<int>(top.value_or(0));
  if (!wanted && top.value_or(0) > 0) fields.refuse("top_logprobs", "needs \"logprobs\": true");
}

// Tools may be named as long as none is to be called.
void read_tools(FieldReader& fields) {
  fields.accept(std::array<std::string_view, 1>{"parallel_tool_calls"});
  const json::value* choice = fields.get("tool_choice");
  const bool choice_is_text = choice != nullptr && choice->is_string();
  const json::array* tools = fields.array("tools");
  if (choice_is_text && choice->get_string() == "none") return;
  if (tools != nullptr && !tools->empty()) {
    return fields.refuse("tools", "is not supported yet; leave it out, or set \"tool_choice\": \"none\"",
                         ErrorCode::unsupported);
  }
  if (choice != nullptr && !(choice_is_text && choice->get_string() == "auto")) {
    fields.refuse("tool_choice", "names tools, but there are none");
  }
}

void read_modalities(FieldReader& fields) {
  const json::array* modalities = fields.array("modalities");
  if (modalities == nullptr) return;
  for (const json::value& item : *modalities) {
    if (item.is_string() && item.get_string() == "text") continue;
    fields.refuse("modalities", "other than \"text\" are not supported yet", ErrorCode::unsupported);
  }
}

void write_bytes(JsonWriter& w, std::string_view text) {
  w.begin_array();
  for (const char c : text) w.value(static_cast<int>(static_cast<unsigned char>(c)));
  w.end_array();
}

void write_alternative(JsonWriter& w, const TokenAlternative& token) {
  w.member("token", token.text);
  w.member("logprob", wire_logprob(token.logprob));
  w.key("bytes");
  write_bytes(w, token.text);
}

void write_logprobs(JsonWriter& w, const std::vector<TokenLogprob>& logprobs, bool wanted) {
  w.key("logprobs");
  if (!wanted) return w.null();
  w.begin_object();
  w.key("content");
  w.begin_array();
  for (const TokenLogprob& logprob : logprobs) {
    w.begin_object();
    write_alternative(w, logprob.chosen);
    w.key("top_logprobs");
    w.begin_array();
    for (const TokenAlternative& token : logprob.top) {
      w.begin_object();
      write_alternative(w, token);
      w.end_object();
    }
    w.end_array();
    w.end_object();
  }
  w.end_array();
  w.key("refusal");
  w.null();
  w.end_object();
}

void write_choice(JsonWriter& w, size_t index, const GenerationChoice& choice, bool with_logprobs) {
  w.begin_object();
  w.member("index", index);
  w.key("message");
  w.begin_object();
  w.member("role", "assistant");
  w.member("content", choice.text);
  w.key("refusal");
  w.null();
  w.end_object();
  write_logprobs(w, choice.logprobs, with_logprobs);
  write_finish_reason(w, choice.finish);
  w.end_object();
}

}  // namespace

ApiResult<GenerationRequest> parse_openai_chat(std::string_view text) {
  ApiResult<json::value> body = parse_openai_body(text);
  if (!body) return tl::unexpected(std::move(body).error());
  FieldReader fields(body->get_object());
  GenerationRequest request;
  read_messages(body->get_object(), fields, request);
  read_common_fields(fields, request);
  read_logprobs(fields, request);
  read_tools(fields);
  read_modalities(fields);
  if (const json::object* arguments = fields.object("chat_template_kwargs"))
    request.template_arguments = *arguments;
  fields.refuse_unsupported(kUnsupported);
  if (fields.failed()) return tl::unexpected(fields.failure());
  request.ignored = fields.unknown();
  return request;
}

std::string openai_chat_response(const ExchangeIdentity& identity, const GenerationResult& result,
                                 bool with_logprobs) {
  std::string out;
  JsonWriter w(out);
  w.begin_object();
  write_identity(w, identity, "chat.completion");
  w.key("choices");
  w.begin_array();
  for (size_t i = 0; i < result.choices.size(); ++i) write_choice(w, i, result.choices[i], with_logprobs);
  w.end_array();
  w.key("usage");
  write_usage(w, result.usage);
  w.end_object();
  return out;
}

OpenAiChatStream::OpenAiChatStream(ExchangeIdentity identity, const GenerationRequest& request)
    : identity_(std::move(identity)),
      with_logprobs_(request.top_logprobs.has_value()),
      with_usage_(request.stream_usage) {}

std::string OpenAiChatStream::chunk(int index, std::string_view delta_json, const GenerationDelta& delta,
                                    std::optional<FinishReason> finish) const {
  std::string out;
  JsonWriter w(out);
  w.begin_object();
  write_identity(w, identity_, kChunk);
  w.key("choices");
  w.begin_array();
  w.begin_object();
  w.member("index", index);
  w.key("delta");
  w.raw(delta_json);
  write_logprobs(w, delta.logprobs, with_logprobs_ && !delta.logprobs.empty());
  write_finish_reason(w, finish);
  w.end_object();
  w.end_array();
  if (with_usage_) {
    w.key("usage");
    w.null();
  }
  w.end_object();
  return out;
}

void OpenAiChatStream::begin(EventSink emit) const {
  emit(chunk(0, R"({"role":"assistant","content":"","refusal":null})", {}, std::nullopt));
}

void OpenAiChatStream::delta(const GenerationDelta& delta, EventSink emit) const {
  if (!delta.text.empty() || !delta.logprobs.empty()) {
    std::string content;
    JsonWriter w(content);
    w.begin_object();
    w.member("content", delta.text);
    w.end_object();
    emit(chunk(delta.index, content, delta, std::nullopt));
  }
  if (delta.finish) emit(chunk(delta.index, "{}", {}, delta.finish));
}

void OpenAiChatStream::end(const Usage& usage, EventSink emit) const {
  if (with_usage_) emit(usage_chunk(identity_, kChunk, usage));
  emit(kOpenAiStreamEnd);
}

}  // namespace ferry
