#pragma once
// The content of Anthropic's messages: blocks to parts and calls, and back.

#include "serve/dialects/exchange.h"
#include "serve/dialects/field_reader.h"

namespace ferry {

// A message, as one or several of the typed form; what our engine cannot take is noted on `fields`. The
// error, if any, is its too.
void read_anthropic_message(const json::value& value, std::string path, FieldReader& fields,
                            std::vector<ChatMessage>& out);

// A string or an array of text blocks: `system`.
std::vector<ContentPart> read_anthropic_texts(FieldReader& fields, std::string_view name);

// Blocks of neighbours of one role, which `role` is in Anthropic's words. Empty texts, which Anthropic
// refuses, are left out. `index` is the first message's, for errors.
ApiResult<void> write_anthropic_blocks(JsonWriter& w, std::span<const ChatMessage> messages, size_t index);

// {"type": "text", …}
void write_anthropic_text(JsonWriter& w, const ContentPart& part);

// The members of `rest` that are not there yet.
void write_rest(JsonWriter& w, const json::object& rest);

// Ids as Anthropic takes them: letters, digits, _ and -.
std::string anthropic_id(std::string_view id);

}  // namespace ferry
