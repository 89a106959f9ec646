// Messages and tools in OpenAI's form.

#include "serve/dialects/cache_mark.h"
#include "serve/dialects/openai_writing.h"

namespace ferry {
namespace {

using Kind = ContentPart::Kind;

std::string media_url(const Media& media, std::string_view default_type) {
  if (media.data.empty()) return media.url;
  return fmt::format("data:{};base64,{}", media.type.empty() ? default_type : std::string_view(media.type),
                     media.data);
}

json::object image_part(const Media& media) {
  json::object image{{"url", media_url(media, "image/png")}};
  if (!media.detail.empty()) image.emplace("detail", media.detail);
  return {{"type", "image_url"}, {"image_url", std::move(image)}};
}

json::object audio_part(const Media& media) {
  return {{"type", "input_audio"},
          {"input_audio", json::object{{"data", media.data}, {"format", media.type}}}};
}

json::object file_part(const ContentPart& part) {
  const Media& media = part.media;
  if (!part.text.empty()) {
    const std::string text = media.name.empty() ? part.text : fmt::format("{}\n\n{}", media.name, part.text);
    return {{"type", "text"}, {"text", text}};
  }
  json::object file;
  if (!media.name.empty()) file.emplace("filename", media.name);
  if (!media.file_id.empty()) file.emplace("file_id", media.file_id);
  if (const std::string url = media_url(media, "application/pdf"); !url.empty())
    file.emplace("file_data", url);
  return {{"type", "file"}, {"file", std::move(file)}};
}

json::value part_json(const ContentPart& part) {
  json::object object;
  switch (part.kind) {
    case Kind::image:
      object = image_part(part.media);
      break;
    case Kind::audio:
      object = audio_part(part.media);
      break;
    case Kind::file:
      object = file_part(part);
      break;
    case Kind::other:
      return part.raw;
    case Kind::refusal:
      object = {{"type", "refusal"}, {"refusal", part.text}};
      break;
    case Kind::text:
    case Kind::thought:
    case Kind::redacted_thought:
      object = {{"type", "text"}, {"text", part.text}};
      break;
  }
  if (part.cache) object.emplace("cache_control", cache_mark_json(*part.cache));
  return object;
}

bool is_thought(const ContentPart& part) {
  return part.kind == Kind::thought || part.kind == Kind::redacted_thought;
}

// One plain text is a string; nothing at all is null, for an assistant, or the empty string.
json::value content_json(const ChatMessage& message) {
  json::array parts;
  const ContentPart* only = nullptr;
  for (const ContentPart& part : message.content) {
    if (is_thought(part)) continue;
    only = &part;
    parts.push_back(part_json(part));
  }
  if (parts.empty()) return message.role == "assistant" ? json::value(nullptr) : json::value("");
  const bool is_plain = parts.size() == 1 && only->kind == Kind::text && !only->cache;
  return is_plain ? json::value(only->text) : json::value(std::move(parts));
}

void add_thoughts(const ChatMessage& message, json::object& object) {
  std::string text;
  json::array blocks;
  for (const ContentPart& part : message.content) {
    if (part.kind == Kind::redacted_thought)
      blocks.push_back(json::object{{"type", "redacted_thinking"}, {"data", part.signature}});
    if (part.kind != Kind::thought) continue;
    text += part.text;
    if (part.signature.empty()) continue;
    blocks.push_back(
        json::object{{"type", "thinking"}, {"thinking", part.text}, {"signature", part.signature}});
  }
  if (!text.empty()) object.emplace("reasoning_content", text);
  if (!blocks.empty()) object.emplace("thinking_blocks", std::move(blocks));
}

json::array calls_json(const std::vector<ToolCall>& calls) {
  json::array out;
  for (const ToolCall& call : calls) {
    out.push_back(
        json::object{{"id", call.id},
                     {"type", "function"},
                     {"function", json::object{{"name", call.name}, {"arguments", call.arguments}}}});
  }
  return out;
}

}  // namespace

json::value openai_message(const ChatMessage& message) {
  json::object object{{"role", message.role}};
  if (!message.name.empty()) object.emplace("name", message.name);
  if (!message.tool_call_id.empty()) object.emplace("tool_call_id", message.tool_call_id);
  object.emplace("content", content_json(message));
  add_thoughts(message, object);
  if (!message.tool_calls.empty()) object.emplace("tool_calls", calls_json(message.tool_calls));
  return object;
}

json::value openai_tool(const ToolDefinition& tool) {
  if (!tool.type.empty()) return tool.raw;
  json::object function{{"name", tool.name}};
  if (!tool.description.empty()) function.emplace("description", tool.description);
  if (!tool.parameters.is_null()) function.emplace("parameters", tool.parameters);
  if (tool.strict) function.emplace("strict", true);
  json::object object{{"type", "function"}, {"function", std::move(function)}};
  if (tool.cache) object.emplace("cache_control", cache_mark_json(*tool.cache));
  return object;
}

}  // namespace ferry
