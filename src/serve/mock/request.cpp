#include "serve/mock/request.h"

#include <algorithm>

namespace ferry::mock {
namespace {

constexpr int64_t kMaxChoices = 16;
constexpr int64_t kMaxDimensions = 4096;
constexpr int kMaxDepth = 32;

const json::value* find(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::string_view text_at(const json::object& object, std::string_view key) {
  const json::value* value = find(object, key);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

bool flag_at(const json::object& object, std::string_view key) {
  const json::value* value = find(object, key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::optional<int64_t> integer_at(const json::object& object, std::string_view key) {
  const json::value* value = find(object, key);
  if (value == nullptr || !value->is_int64()) return std::nullopt;
  return value->get_int64();
}

// Bytes of all strings inside, names of members left out: a measure of what a model would read.
size_t text_bytes(const json::value& value, int depth = 0) {
  if (value.is_string()) return value.get_string().size();
  if (depth > kMaxDepth) return 0;
  size_t sum = 0;
  if (value.is_array()) {
    for (const json::value& element : value.get_array()) sum += text_bytes(element, depth + 1);
  } else if (value.is_object()) {
    for (const auto& member : value.get_object()) sum += text_bytes(member.value(), depth + 1);
  }
  return sum;
}

int64_t tokens_of(size_t bytes) {
  return static_cast<int64_t>(bytes / 4 + 1);
}

// A string, or the texts of a list of parts.
std::string content_text(const json::value* content) {
  if (content == nullptr) return {};
  if (content->is_string()) return std::string(content->get_string());
  std::string text;
  if (!content->is_array()) return text;
  for (const json::value& part : content->get_array()) {
    if (part.is_object()) text += text_at(part.get_object(), "text");
  }
  return text;
}

bool holds_tool_result(const json::object& message) {
  if (text_at(message, "role") == "tool") return true;
  const json::value* content = find(message, "content");
  if (content == nullptr || !content->is_array()) return false;
  return std::any_of(content->get_array().begin(), content->get_array().end(), [](const json::value& part) {
    return part.is_object() && text_at(part.get_object(), "type") == "tool_result";
  });
}

Result<void> read_messages(Request& request, const json::object& body) {
  const json::value* messages = find(body, "messages");
  if (messages == nullptr || !messages->is_array() || messages->get_array().empty()) {
    return fail(ErrorCode::invalid_argument, "\"messages\" must be a list of at least one message");
  }
  size_t bytes = text_bytes(*messages);
  if (const json::value* system = find(body, "system")) bytes += text_bytes(*system);
  if (const json::value* tools = find(body, "tools")) bytes += text_bytes(*tools);
  request.prompt_tokens = tokens_of(bytes);
  const json::value& last = messages->get_array().back();
  if (!last.is_object()) return fail(ErrorCode::invalid_argument, "a message must be an object");
  request.last_text = content_text(find(last.get_object(), "content"));
  request.after_tool_result = holds_tool_result(last.get_object());
  return {};
}

// OpenAI wraps a tool in {"type": "function", "function": {...}}; Anthropic does not.
void read_tools(Request& request, const json::object& body) {
  const json::value* tools = find(body, "tools");
  if (tools == nullptr || !tools->is_array()) return;
  for (const json::value& element : tools->get_array()) {
    if (!element.is_object()) continue;
    const json::object* tool = &element.get_object();
    if (const json::value* inner = find(*tool, "function"); inner != nullptr && inner->is_object()) {
      tool = &inner->get_object();
    }
    const json::value* schema = find(*tool, request.route == Route::messages ? "input_schema" : "parameters");
    request.tools.push_back(
        {std::string(text_at(*tool, "name")), schema == nullptr ? json::value() : *schema});
  }
}

void read_choice(Request& request, const json::object& body) {
  const json::value* choice = find(body, "tool_choice");
  if (choice == nullptr) return;
  std::string_view kind;
  if (choice->is_string()) kind = choice->get_string();
  if (choice->is_object()) {
    const json::object& object = choice->get_object();
    kind = text_at(object, "type");
    request.chosen_tool = text_at(object, "name");
    if (const json::value* named = find(object, "function"); named != nullptr && named->is_object()) {
      request.chosen_tool = text_at(named->get_object(), "name");
    }
  }
  if (kind == "none") request.choice = Request::Choice::none;
  if (kind == "required" || kind == "any" || kind == "tool" || kind == "function") {
    request.choice = Request::Choice::forced;
  }
}

// Anthropic's {"output_config": {"format": {"type": "json_schema", "schema": {...}}}}.
void read_output_config(Request& request, const json::object& body) {
  const json::value* config = find(body, "output_config");
  if (config == nullptr || !config->is_object()) return;
  const json::value* format = find(config->get_object(), "format");
  if (format == nullptr || !format->is_object()) return;
  if (const json::value* schema = find(format->get_object(), "schema")) request.format = *schema;
}

// OpenAI's response_format.
void read_response_format(Request& request, const json::object& body) {
  const json::value* format = find(body, "response_format");
  if (format == nullptr || !format->is_object()) return;
  const std::string_view kind = text_at(format->get_object(), "type");
  if (kind == "json_object") request.format.emplace();
  if (kind != "json_schema") return;
  request.format.emplace();
  const json::value* wrapped = find(format->get_object(), "json_schema");
  if (wrapped == nullptr || !wrapped->is_object()) return;
  if (const json::value* schema = find(wrapped->get_object(), "schema")) request.format = *schema;
}

void read_thinking(Request& request, const json::object& body) {
  const json::value* thinking = find(body, "thinking");
  if (thinking == nullptr || !thinking->is_object()) return;
  const std::string_view kind = text_at(thinking->get_object(), "type");
  request.thinks = kind == "enabled" || kind == "adaptive";
}

Result<void> read_prompt(Request& request, const json::object& body) {
  const json::value* prompt = find(body, "prompt");
  if (prompt == nullptr) return fail(ErrorCode::invalid_argument, "\"prompt\" is missing");
  request.prompt_tokens = tokens_of(text_bytes(*prompt));
  if (prompt->is_string()) request.last_text = prompt->get_string();
  return {};
}

Result<void> read_inputs(Request& request, const json::object& body) {
  const json::value* input = find(body, "input");
  if (input == nullptr) return fail(ErrorCode::invalid_argument, "\"input\" is missing");
  request.prompt_tokens = tokens_of(text_bytes(*input));
  // Token IDs stand for themselves.
  const auto take = [&](const json::value& one) {
    request.inputs.push_back(one.is_string() ? std::string(one.get_string()) : to_json(one));
  };
  const bool is_list = input->is_array() && !input->get_array().empty() && !input->get_array()[0].is_number();
  if (!is_list) take(*input);
  if (is_list) std::for_each(input->get_array().begin(), input->get_array().end(), take);
  request.base64 = text_at(body, "encoding_format") == "base64";
  request.dimensions = std::clamp<int64_t>(integer_at(body, "dimensions").value_or(16), 1, kMaxDimensions);
  return {};
}

}  // namespace

Result<Request> read_request(Route route, std::string_view text) {
  FERRY_TRY(const json::value document, parse_json(text, "body"));
  if (!document.is_object()) return fail(ErrorCode::invalid_argument, "the body must be a JSON object");
  const json::object& body = document.get_object();
  Request request;
  request.route = route;
  const std::string_view model = text_at(body, "model");
  if (model.empty()) return fail(ErrorCode::invalid_argument, "\"model\" is missing");
  const size_t question = std::min(model.find('?'), model.size());
  request.model = model.substr(0, question);
  request.behaviour = model.substr(std::min(question + 1, model.size()));

  request.stream = flag_at(body, "stream");
  if (const json::value* options = find(body, "stream_options"); options != nullptr && options->is_object()) {
    request.stream_usage = flag_at(options->get_object(), "include_usage");
  }
  request.n = std::clamp<int64_t>(integer_at(body, "n").value_or(1), 1, kMaxChoices);
  request.max_tokens = integer_at(body, "max_completion_tokens");
  if (!request.max_tokens) request.max_tokens = integer_at(body, "max_tokens");
  request.logprobs = flag_at(body, "logprobs") || integer_at(body, "logprobs").has_value();
  switch (route) {
    case Route::chat:
    case Route::messages:
    case Route::count_tokens:
      FERRY_TRY_VOID(read_messages(request, body));
      read_tools(request, body);
      read_choice(request, body);
      route == Route::chat ? read_response_format(request, body) : read_output_config(request, body);
      read_thinking(request, body);
      break;
    case Route::completions:
      FERRY_TRY_VOID(read_prompt(request, body));
      break;
    case Route::embeddings:
      FERRY_TRY_VOID(read_inputs(request, body));
      break;
  }
  return request;
}

}  // namespace ferry::mock
