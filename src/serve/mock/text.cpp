#include "serve/mock/text.h"

#include <algorithm>
#include <iterator>

namespace ferry::mock {
namespace {

constexpr int kMaxDepth = 16;
constexpr int64_t kMaxItems = 16;
constexpr std::string_view kWords[] = {"The",   " ferry", " crosses",    " the",     " river",  " at",
                                       " noon", ",",      " and",        " returns", " before", " dusk",
                                       " with", " its",   " passengers", "."};
constexpr std::string_view kThought = "The question is simple; I shall answer it shortly.";

class Sampler {
 public:
  explicit Sampler(const json::value& root) : root_(root) {}

  std::string sample() {
    std::string out;
    JsonWriter w(out);
    write(w, root_, 0);
    return out;
  }

 private:
  void write(JsonWriter& w, const json::value& schema, int depth) {
    if (!schema.is_object() || depth > kMaxDepth) return w.null();
    const json::object& object = schema.get_object();
    if (const json::value* constant = object.if_contains("const")) return w.value(*constant);
    if (const json::value* choices = object.if_contains("enum"); is_list(choices)) {
      return w.value(choices->get_array().front());
    }
    if (const json::value* reference = object.if_contains("$ref");
        reference != nullptr && reference->is_string()) {
      return write(w, target_of(reference->get_string()), depth + 1);
    }
    for (const char* alternatives : {"anyOf", "oneOf", "allOf"}) {
      if (const json::value* list = object.if_contains(alternatives); is_list(list)) {
        return write(w, list->get_array().front(), depth + 1);
      }
    }
    write_type(w, object, type_of(object), depth);
  }

  void write_type(JsonWriter& w, const json::object& schema, std::string_view type, int depth) {
    if (type == "object") return write_object(w, schema, depth);
    if (type == "array") return write_array(w, schema, depth);
    if (type == "integer") return w.value(static_cast<int64_t>(number_at(schema, "minimum", 1)));
    if (type == "number") return w.value(number_at(schema, "minimum", 1.5));
    if (type == "boolean") return w.value(true);
    if (type == "null") return w.null();
    const auto least = static_cast<size_t>(std::clamp(number_at(schema, "minLength", 0), 0.0, 1024.0));
    std::string text = "ferry";
    while (text.size() < least) text.push_back('y');
    w.value(std::string_view(text));
  }

  void write_object(JsonWriter& w, const json::object& schema, int depth) {
    w.begin_object();
    const json::value* properties = schema.if_contains("properties");
    const json::value* required = schema.if_contains("required");
    if (properties != nullptr && properties->is_object() && is_list(required)) {
      for (const json::value& name : required->get_array()) {
        if (!name.is_string() || written_ > kMaxMembers) continue;
        ++written_;
        w.key(name.get_string());
        const json::value* inner = properties->get_object().if_contains(name.get_string());
        write(w, inner == nullptr ? json::value() : *inner, depth + 1);
      }
    }
    w.end_object();
  }

  void write_array(JsonWriter& w, const json::object& schema, int depth) {
    const json::value* items = schema.if_contains("items");
    const auto least =
        static_cast<int64_t>(std::clamp(number_at(schema, "minItems", 1), 0.0, double{kMaxItems}));
    w.begin_array();
    for (int64_t i = 0; items != nullptr && i < least && written_ <= kMaxMembers; ++i) {
      ++written_;
      write(w, *items, depth + 1);
    }
    w.end_array();
  }

  static bool is_list(const json::value* value) {
    return value != nullptr && value->is_array() && !value->get_array().empty();
  }

  static std::string_view type_of(const json::object& schema) {
    const json::value* type = schema.if_contains("type");
    if (is_list(type)) type = &type->get_array().front();
    if (type != nullptr && type->is_string()) return type->get_string();
    if (schema.if_contains("properties") != nullptr) return "object";
    return schema.if_contains("items") != nullptr ? "array" : "string";
  }

  static double number_at(const json::object& schema, std::string_view key, double otherwise) {
    const json::value* value = schema.if_contains(key);
    if (value == nullptr || !value->is_number()) return otherwise;
    const double number = value->to_number<double>();
    return std::clamp(number, -1e15, 1e15);
  }

  // "#/$defs/name"
  const json::value& target_of(std::string_view reference) const {
    static const json::value kNothing;
    if (!reference.starts_with("#")) return kNothing;
    const json::value* at = &root_;
    reference.remove_prefix(std::min<size_t>(2, reference.size()));
    while (!reference.empty()) {
      const size_t slash = std::min(reference.find('/'), reference.size());
      if (!at->is_object()) return kNothing;
      at = at->get_object().if_contains(reference.substr(0, slash));
      if (at == nullptr) return kNothing;
      reference.remove_prefix(std::min(slash + 1, reference.size()));
    }
    return *at;
  }

  static constexpr int kMaxMembers = 1000;

  const json::value& root_;
  int written_ = 0;
};

// Every token but the first begins with the space before its word.
std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> tokens;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' ', 1), text.size());
    tokens.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return tokens;
}

std::vector<std::string> words(int64_t count) {
  std::vector<std::string> tokens;
  tokens.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    const size_t at = static_cast<size_t>(i) % std::size(kWords);
    tokens.emplace_back(at == 0 && i > 0 ? " " + std::string(kWords[0]) : kWords[at]);
  }
  return tokens;
}

bool calls_a_tool(const Request& request, const Behaviour& behaviour) {
  if (request.tools.empty() || request.choice == Request::Choice::none) return false;
  if (request.choice == Request::Choice::forced) return true;
  return behaviour.call_tools && !request.after_tool_result;
}

const Tool& tool_to_call(const Request& request) {
  const auto named = std::find_if(request.tools.begin(), request.tools.end(),
                                  [&](const Tool& tool) { return tool.name == request.chosen_tool; });
  return named == request.tools.end() ? request.tools.front() : *named;
}

std::string arguments_for(const Tool& tool) {
  return tool.schema.is_object() ? sample_json(tool.schema) : "{}";
}

std::vector<std::string> text_tokens(const Request& request, const Behaviour& behaviour) {
  if (request.format) return split_words(request.format->is_object() ? sample_json(*request.format) : "{}");
  if (behaviour.echo) return split_words(request.last_text);
  if (!behaviour.text.empty()) return split_words(behaviour.text);
  return words(behaviour.tokens);
}

}  // namespace

std::string Reply::text() const {
  std::string all;
  for (const std::string& token : tokens) all += token;
  return all;
}

int64_t Reply::completion_tokens() const {
  size_t count = tokens.size() + split_words(thought).size();
  for (const Call& call : calls) count += call.arguments.size() / 4 + 1;
  return static_cast<int64_t>(count);
}

Reply make_reply(const Request& request, const Behaviour& behaviour, uint64_t number) {
  Reply reply;
  if (request.thinks) reply.thought = kThought;
  if (calls_a_tool(request, behaviour)) {
    const Tool& tool = tool_to_call(request);
    const std::string_view prefix = request.route == Route::messages ? "toolu_mock_" : "call_mock_";
    reply.calls.push_back({fmt::format("{}{}", prefix, number), tool.name, arguments_for(tool)});
    return reply;
  }
  reply.tokens = text_tokens(request, behaviour);
  if (request.max_tokens && *request.max_tokens >= 0 &&
      reply.tokens.size() > static_cast<size_t>(*request.max_tokens)) {
    reply.tokens.resize(static_cast<size_t>(*request.max_tokens));
    reply.cut = true;
  }
  return reply;
}

std::string sample_json(const json::value& schema) {
  return Sampler(schema).sample();
}

}  // namespace ferry::mock
