#pragma once
// Server-sent events (WHATWG HTML, "Server-sent events"): the text that streams tokens.

#include <string>
#include <string_view>

namespace ferry {

inline constexpr std::string_view kSseContentType = "text/event-stream; charset=utf-8";

// Appends one event: an optional "event: name" line, "data: " before each line of `data`, an empty line.
// `event` must not contain a line break.
void append_sse(std::string& out, std::string_view data, std::string_view event = {});

std::string sse_event(std::string_view data, std::string_view event = {});

}  // namespace ferry
