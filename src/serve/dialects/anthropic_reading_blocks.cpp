// Anthropic's blocks to parts and calls.

#include <algorithm>
#include <array>

#include "serve/dialects/anthropic_blocks.h"
#include "serve/dialects/cache_mark.h"

namespace ferry {
namespace {

using Kind = ContentPart::Kind;

constexpr auto kRoles = std::to_array<std::string_view>({"user", "assistant", "system"});

// {"type": "base64" | "url" | "text" | "file" | "content", …}
void read_source(FieldReader& block, ContentPart& part) {
  const json::object* object = block.object("source");
  if (object == nullptr) return block.refuse_missing("source", "must be an object");
  FieldReader source(*object, block.path() + "source.");
  const std::string type = source.text("type").value_or("");
  part.media.type = source.text("media_type").value_or("");
  if (type == "base64") {
    part.media.data = source.text("data").value_or("");
  } else if (type == "text") {
    part.text = source.text("data").value_or("");
  } else if (type == "url") {
    part.media.url = source.text("url").value_or("");
  } else if (type == "file") {
    part.media.file_id = source.text("file_id").value_or("");
    source.note_hint("file_id", Feature::foreign);
  } else {
    source.note_hint("type", Feature::foreign);
    part.rest.emplace("source", *object);
  }
  block.take_failure(source);
}

void note_missing(FieldReader& block, std::string_view type, Feature feature) {
  block.note("type", fmt::format("\"{}\" is not supported yet; only text is", type), feature);
}

std::string required_text(FieldReader& block, std::string_view name) {
  std::optional<std::string> text = block.text(name);
  if (!text) block.refuse_missing(name, "must be a string");
  return std::move(text).value_or("");
}

// What a block says beside what the part holds: nothing that our engine would miss.
void take_rest(FieldReader& block, ContentPart& part, Feature feature) {
  part.cache = read_cache_mark(block);
  block.note_unknown(feature);
  for (const auto& [name, value] : block.rest()) {
    if (name != "type") part.rest.insert_or_assign(name, value);
  }
}

void read_document(FieldReader& block, ContentPart& part) {
  note_missing(block, "document", Feature::files);
  part.kind = Kind::file;
  read_source(block, part);
  part.media.name = block.text("title").value_or("");
  take_rest(block, part, Feature::foreign);  // citations and context change the answer
}

ContentPart read_part(FieldReader& block, const std::string& type, const json::value& value) {
  ContentPart part;
  if (type == "text") {
    part.text = required_text(block, "text");
    take_rest(block, part, Feature::hints);
  } else if (type == "image") {
    note_missing(block, type, Feature::images);
    part.kind = Kind::image;
    read_source(block, part);
    take_rest(block, part, Feature::foreign);
  } else if (type == "document") {
    read_document(block, part);
  } else if (type == "thinking") {
    part.kind = Kind::thought;
    part.text = required_text(block, "thinking");
    part.signature = block.text("signature").value_or("");
    take_rest(block, part, Feature::hints);
  } else if (type == "redacted_thinking") {
    part.kind = Kind::redacted_thought;
    part.signature = required_text(block, "data");
    take_rest(block, part, Feature::hints);
  } else {
    if (type.empty()) block.refuse("type", "must be a string that names a kind of block");
    note_missing(block, type, Feature::foreign);
    part.kind = Kind::other;
    part.raw = value;
  }
  return part;
}

ToolCall read_call(FieldReader& block, size_t place) {
  ToolCall call{.id = required_text(block, "id"),
                .name = required_text(block, "name"),
                .arguments = {},
                .place = place};
  const json::object* input = block.object("input");
  if (input == nullptr) block.refuse_missing("input", "must be an object");
  if (input != nullptr) call.arguments = to_json(*input);
  call.cache = read_cache_mark(block);
  block.note_unknown(Feature::hints);
  call.rest = block.rest();
  return call;
}

class MessageReader {
 public:
  MessageReader(std::string role, FieldReader& message, std::vector<ChatMessage>& out)
      : role_(std::move(role)), message_(message), out_(out) {}

  void read(const json::value& content) {
    if (content.is_string()) {
      current().content.push_back({.text = std::string(std::string_view(content.get_string()))});
    } else if (content.is_array()) {
      const json::array& blocks = content.get_array();
      for (size_t i = 0; i < blocks.size() && !message_.failed(); ++i) {
        read_block(blocks[i], fmt::format("{}content[{}].", message_.path(), i));
      }
    } else {
      message_.refuse("content",
                      fmt::format("must be a string or an array of blocks, not {}", json_kind(content)));
    }
  }
  // Where nothing came: a message without content is one all the same.
  void finish() {
    if (!has_any_) current();
  }

 private:
  ChatMessage& current() {
    if (!is_open_)
      out_.push_back({.role = role_, .content = {}, .name = {}, .tool_calls = {}, .tool_call_id = {}});
    is_open_ = has_any_ = true;
    return out_.back();
  }

  void read_block(const json::value& value, std::string path) {
    if (!value.is_object()) return message_.refuse("content", "must be a string or an array of objects");
    FieldReader block(value.get_object(), std::move(path));
    const std::string type = block.text("type").value_or("");
    if (type == "tool_result") {
      read_result(block);
    } else if (type == "tool_use") {
      ChatMessage& message = current();
      message.tool_calls.push_back(read_call(block, message.content.size()));
    } else {
      current().content.push_back(read_part(block, type, value));
    }
    message_.take_failure(block);
  }

  // A message of its own, after which another begins.
  void read_result(FieldReader& block) {
    ChatMessage result{.role = "tool", .content = {}, .name = {}, .tool_calls = {}, .tool_call_id = {}};
    result.tool_call_id = required_text(block, "tool_use_id");
    result.is_error = block.boolean("is_error").value_or(false);
    read_result_content(block, result);
    result.cache = read_cache_mark(block);
    block.note_unknown(Feature::hints);
    result.rest = block.rest();
    out_.push_back(std::move(result));
    is_open_ = false;
    has_any_ = true;
  }

  static void read_result_content(FieldReader& block, ChatMessage& result) {
    const json::value* content = block.get("content");
    if (content == nullptr) return;
    if (content->is_string()) {
      result.content.push_back({.text = std::string(std::string_view(content->get_string()))});
      return;
    }
    const json::array* blocks = block.array("content");
    for (size_t i = 0; blocks != nullptr && i < blocks->size() && !block.failed(); ++i) {
      const json::value& value = (*blocks)[i];
      if (!value.is_object()) return block.refuse("content", "must be a string or an array of objects");
      FieldReader inner(value.get_object(), fmt::format("{}content[{}].", block.path(), i));
      result.content.push_back(read_part(inner, inner.text("type").value_or(""), value));
      block.take_failure(inner);
    }
  }

  const std::string role_;
  FieldReader& message_;
  std::vector<ChatMessage>& out_;
  bool is_open_ = false;
  bool has_any_ = false;
};

}  // namespace

void read_anthropic_message(const json::value& value, std::string path, FieldReader& fields,
                            std::vector<ChatMessage>& out) {
  const json::object nothing;
  FieldReader message(value.is_object() ? value.get_object() : nothing, std::move(path));
  if (!value.is_object()) message.refuse("", fmt::format("must be an object, not {}", json_kind(value)));
  const std::string role = message.text("role").value_or("");
  if (role.empty()) message.refuse("role", "must be user or assistant");
  if (std::find(kRoles.begin(), kRoles.end(), role) == kRoles.end())
    message.note("role", "must be user or assistant", Feature::foreign, ErrorCode::invalid_argument);
  const json::value* content = message.get("content");
  if (content == nullptr) message.refuse_missing("content", "must be a string or an array of blocks");
  MessageReader reader(role, message, out);
  if (content != nullptr) reader.read(*content);
  reader.finish();
  message.note_unknown(Feature::unknown);
  fields.take_failure(message);
}

std::vector<ContentPart> read_anthropic_texts(FieldReader& fields, std::string_view name) {
  std::vector<ContentPart> parts;
  const json::value* value = fields.get(name);
  if (value == nullptr) return parts;
  if (value->is_string()) {
    parts.push_back({.text = std::string(std::string_view(value->get_string()))});
    return parts;
  }
  const json::array* blocks = value->if_array();
  if (blocks == nullptr) fields.refuse(name, "must be a string or an array of text blocks");
  for (size_t i = 0; blocks != nullptr && i < blocks->size() && !fields.failed(); ++i) {
    if (!(*blocks)[i].is_object()) {
      fields.refuse(name, "must be a string or an array of text blocks");
      break;
    }
    FieldReader block((*blocks)[i].get_object(), fmt::format("{}{}[{}].", fields.path(), name, i));
    parts.push_back(read_part(block, block.text("type").value_or(""), (*blocks)[i]));
    fields.take_failure(block);
  }
  return parts;
}

}  // namespace ferry
