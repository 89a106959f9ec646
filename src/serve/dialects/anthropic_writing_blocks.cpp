// Parts and calls to Anthropic's blocks.

#include <algorithm>

#include "serve/dialects/anthropic_blocks.h"
#include "serve/dialects/cache_mark.h"

namespace ferry {
namespace {

using Kind = ContentPart::Kind;

ApiError cannot_be_sent(std::string field, std::string_view why) {
  return {{ErrorCode::unsupported, fmt::format("{} {}", field, why)}, field, "unsupported_parameter"};
}

struct DataUrl {
  std::string_view type;
  std::string_view base64;
};

// "data:image/png;base64,…"
std::optional<DataUrl> data_url(std::string_view url) {
  constexpr std::string_view scheme = "data:";
  constexpr std::string_view marker = ";base64,";
  const size_t at = url.find(marker);
  if (!url.starts_with(scheme) || at == std::string_view::npos || at > 200) return std::nullopt;
  return DataUrl{url.substr(scheme.size(), at - scheme.size()), url.substr(at + marker.size())};
}

void write_base64(JsonWriter& w, std::string_view type, std::string_view data) {
  w.member("type", "base64");
  w.member("media_type", type);
  w.member("data", data);
}

void write_source(JsonWriter& w, const ContentPart& part, std::string_view default_type) {
  const Media& media = part.media;
  w.key("source");
  w.begin_object();
  if (!media.data.empty()) {
    write_base64(w, media.type.empty() ? default_type : std::string_view(media.type), media.data);
  } else if (const auto inlined = data_url(media.url)) {
    write_base64(w, inlined->type, inlined->base64);
  } else if (!media.url.empty()) {
    w.member("type", "url");
    w.member("url", media.url);
  } else if (!media.file_id.empty()) {
    w.member("type", "file");
    w.member("file_id", media.file_id);
  } else {
    w.member("type", "text");
    w.member("media_type", "text/plain");
    w.member("data", part.text);
  }
  w.end_object();
}

void write_media(JsonWriter& w, const ContentPart& part) {
  const bool is_image = part.kind == Kind::image;
  w.begin_object();
  w.member("type", is_image ? "image" : "document");
  if (!part.rest.contains("source")) write_source(w, part, is_image ? "image/png" : "application/pdf");
  if (!is_image && !part.media.name.empty()) w.member("title", part.media.name);
  write_cache_mark(w, part.cache);
  write_rest(w, part.rest);
  w.end_object();
}

void write_thinking(JsonWriter& w, const ContentPart& part) {
  w.begin_object();
  if (part.kind == Kind::redacted_thought) {
    w.member("type", "redacted_thinking");
    w.member("data", part.signature);
  } else {
    w.member("type", "thinking");
    w.member("thinking", part.text);
    w.member("signature", part.signature);
  }
  write_rest(w, part.rest);
  w.end_object();
}

void write_part(JsonWriter& w, const ContentPart& part) {
  switch (part.kind) {
    case Kind::text:
    case Kind::refusal:
      if (!part.text.empty()) write_anthropic_text(w, part);
      return;
    case Kind::image:
    case Kind::file:
      return write_media(w, part);
    case Kind::thought:
    case Kind::redacted_thought:
      return write_thinking(w, part);
    case Kind::other:
      return w.value(part.raw);
    case Kind::audio:  // not expressible: it has been refused or dropped
      return;
  }
}

ApiResult<void> write_call(JsonWriter& w, const ToolCall& call, const std::string& where) {
  const std::string_view arguments = call.arguments.empty() ? std::string_view("{}") : call.arguments;
  const Result<json::value> parsed = parse_json(arguments, where);
  if (!parsed || !parsed->is_object())
    return tl::unexpected(
        cannot_be_sent(where + ".function.arguments", "must be the JSON text of an object"));
  w.begin_object();
  w.member("type", "tool_use");
  w.member("id", anthropic_id(call.id));
  w.member("name", call.name);
  w.key("input");
  w.raw(arguments);  // as the model wrote it: numbers keep their digits
  write_cache_mark(w, call.cache);
  write_rest(w, call.rest);
  w.end_object();
  return {};
}

void write_result(JsonWriter& w, const ChatMessage& message) {
  w.begin_object();
  w.member("type", "tool_result");
  w.member("tool_use_id", anthropic_id(message.tool_call_id));
  const bool is_text = message.content.size() == 1 && message.content.front().kind == Kind::text &&
                       !message.content.front().cache && message.content.front().rest.empty();
  w.key("content");
  if (is_text) {
    w.value(message.content.front().text);
  } else {
    w.begin_array();
    for (const ContentPart& part : message.content) write_part(w, part);
    w.end_array();
  }
  if (message.is_error) w.member("is_error", true);
  write_cache_mark(w, message.cache);
  write_rest(w, message.rest);
  w.end_object();
}

// OpenAI's files are OpenAI's.
ApiResult<void> check_parts(const ChatMessage& message, const std::string& where) {
  for (size_t i = 0; i < message.content.size(); ++i) {
    const ContentPart& part = message.content[i];
    const bool is_file = part.kind == Kind::file && part.text.empty() && part.rest.empty();
    const bool is_inlined = !part.media.data.empty() || data_url(part.media.url).has_value();
    const bool has_address = part.media.url.starts_with("http") || !part.media.file_id.empty();
    const bool is_empty = (is_file || part.kind == Kind::image) && !is_inlined && !has_address;
    if (is_empty && !part.rest.contains("source"))
      return tl::unexpected(cannot_be_sent(fmt::format("{}.content[{}]", where, i),
                                           "holds neither base64 data nor an address"));
  }
  return {};
}

}  // namespace

std::string anthropic_id(std::string_view id) {
  std::string out(id.empty() ? "_" : id);
  for (char& c : out) {
    const bool is_fine =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    if (!is_fine) c = '_';
  }
  return out;
}

void write_rest(JsonWriter& w, const json::object& rest) {
  for (const auto& [name, value] : rest) w.member(name, value);
}

void write_anthropic_text(JsonWriter& w, const ContentPart& part) {
  w.begin_object();
  w.member("type", "text");
  w.member("text", part.text);
  write_cache_mark(w, part.cache);
  write_rest(w, part.rest);
  w.end_object();
}

ApiResult<void> write_anthropic_blocks(JsonWriter& w, std::span<const ChatMessage> messages, size_t index) {
  for (size_t i = 0; i < messages.size(); ++i) {
    const ChatMessage& message = messages[i];
    const std::string where = fmt::format("messages[{}]", index + i);
    if (auto checked = check_parts(message, where); !checked) return checked;
    if (message.role == "tool") {
      write_result(w, message);
      continue;
    }
    // Calls stand where they stood among the parts.
    size_t call = 0;
    for (size_t part = 0; part <= message.content.size(); ++part) {
      const bool is_end = part == message.content.size();
      for (; call < message.tool_calls.size() && (is_end || message.tool_calls[call].place <= part); ++call) {
        auto written = write_call(w, message.tool_calls[call], fmt::format("{}.tool_calls[{}]", where, call));
        if (!written) return written;
      }
      if (!is_end) write_part(w, message.content[part]);
    }
  }
  return {};
}

}  // namespace ferry
