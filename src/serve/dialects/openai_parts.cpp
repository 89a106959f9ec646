#include "serve/dialects/openai_parts.h"

#include "serve/dialects/cache_mark.h"

namespace ferry {
namespace {

using Kind = ContentPart::Kind;

std::string text_at(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(std::string_view(value->get_string())) : "";
}

// {"image_url": {"url": …, "detail": …}}, or the address at once.
Media read_image(FieldReader& part) {
  const json::value* value = part.get("image_url");
  if (value != nullptr && value->is_string()) return {.url = part.text("image_url").value_or("")};
  const json::object* object = part.object("image_url");
  if (object == nullptr) {
    part.refuse_missing("image_url", "must be an object with a url");
    return {};
  }
  FieldReader image(*object, part.path() + "image_url.");
  Media media{.url = image.text("url").value_or("")};
  if (media.url.empty()) image.refuse_missing("url", "must be a string");
  media.detail = image.text("detail").value_or("");
  part.take_failure(image);
  return media;
}

Media read_audio(FieldReader& part) {
  const json::object* object = part.object("input_audio");
  if (object == nullptr) {
    part.refuse_missing("input_audio", "must be an object with data and a format");
    return {};
  }
  FieldReader audio(*object, part.path() + "input_audio.");
  Media media{.type = audio.text("format").value_or(""), .data = audio.text("data").value_or("")};
  part.take_failure(audio);
  return media;
}

// file_data is a data: address.
Media read_file(FieldReader& part) {
  const json::object* object = part.object("file");
  if (object == nullptr) {
    part.refuse_missing("file", "must be an object with file_data or a file_id");
    return {};
  }
  FieldReader file(*object, part.path() + "file.");
  Media media{.url = file.text("file_data").value_or(""),
              .file_id = file.text("file_id").value_or(""),
              .name = file.text("filename").value_or("")};
  part.take_failure(file);
  return media;
}

void note_missing(FieldReader& part, std::string_view type, Feature feature) {
  part.note("type", fmt::format("\"{}\" is not supported yet; only text is", type), feature);
}

// Whatever kind it is.
ContentPart read_typed(FieldReader& part, const std::string& type, const json::value& value) {
  if (type == "text" || type == "refusal") {
    std::optional<std::string> text = part.text(type);
    if (!text) part.refuse(type, "must be a string");
    return {.text = std::move(text).value_or(""), .kind = type == "text" ? Kind::text : Kind::refusal};
  }
  if (type == "image_url") {
    note_missing(part, type, Feature::images);
    return {.kind = Kind::image, .media = read_image(part)};
  }
  if (type == "input_audio") {
    note_missing(part, type, Feature::audio);
    return {.kind = Kind::audio, .media = read_audio(part)};
  }
  if (type == "file") {
    note_missing(part, type, Feature::files);
    return {.kind = Kind::file, .media = read_file(part)};
  }
  if (type.empty()) {
    part.refuse("type", "must be \"text\"");
  } else if (type == "video_url") {
    note_missing(part, type, Feature::foreign);
  } else {
    part.note("type", "must be \"text\"", Feature::foreign, ErrorCode::invalid_argument);
  }
  return {.kind = Kind::other, .raw = value};
}

ContentPart thought(std::string text, std::string signature) {
  return {.text = std::move(text), .kind = Kind::thought, .signature = std::move(signature)};
}

ContentPart redacted(std::string data) {
  return {.kind = Kind::redacted_thought, .signature = std::move(data)};
}

void read_thinking_block(const json::object& block, ChatMessage& out) {
  const std::string type = text_at(block, "type");
  if (type == "thinking")
    out.content.push_back(thought(text_at(block, "thinking"), text_at(block, "signature")));
  if (type == "redacted_thinking") out.content.push_back(redacted(text_at(block, "data")));
}

// What is encrypted for other vendors is of no use but to them; it stays in the message's raw form.
void read_reasoning_detail(const json::object& detail, ChatMessage& out) {
  const std::string type = text_at(detail, "type");
  const std::string format = text_at(detail, "format");
  if (type == "reasoning.text")
    out.content.push_back(thought(text_at(detail, "text"), text_at(detail, "signature")));
  if (type == "reasoning.encrypted" && (format.empty() || format.starts_with("anthropic")))
    out.content.push_back(redacted(text_at(detail, "data")));
}

template <class Read>
bool read_list(FieldReader& message, std::string_view name, ChatMessage& out, Read read) {
  const json::value* list = message.get(name);
  if (list == nullptr || !list->is_array()) return false;
  const size_t before = out.content.size();
  for (const json::value& item : list->get_array()) {
    if (const json::object* object = item.if_object()) read(*object, out);
  }
  return out.content.size() > before;
}

}  // namespace

void read_openai_part(const json::value& value, std::string path, FieldReader& message, ChatMessage& out) {
  if (!value.is_object()) return message.refuse("content", "must be an array of objects, or a string");
  FieldReader part(value.get_object(), std::move(path));
  const std::string type = part.text("type").value_or("");
  ContentPart read = read_typed(part, type, value);
  if (read.kind != Kind::other) {
    read.cache = read_cache_mark(part);
    part.note_unknown(Feature::hints);
  }
  message.take_failure(part);
  out.content.push_back(std::move(read));
}

void read_openai_thoughts(FieldReader& message, ChatMessage& out) {
  const json::value* plain = message.get("reasoning_content");
  const json::value* other_name = message.get("reasoning");
  if (read_list(message, "thinking_blocks", out, read_thinking_block)) return;
  if (read_list(message, "reasoning_details", out, read_reasoning_detail)) return;
  for (const json::value* text : {plain, other_name}) {
    if (text == nullptr || !text->is_string() || text->get_string().empty()) continue;
    out.content.push_back(thought(std::string(std::string_view(text->get_string())), ""));
    return;
  }
}

}  // namespace ferry
