#pragma once
// What holds for every text, syntax and cut: for the tests and the fuzz target.

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/utf8.h"
#include "serve/replies/reply_parser.h"

namespace ferry {

// Neighbours of a kind are joined, as they would be had the text come at once.
inline std::vector<ReplyEvent> joined(const std::vector<ReplyEvent>& events) {
  std::vector<ReplyEvent> out;
  for (const ReplyEvent& event : events) {
    const bool goes_on = !out.empty() && out.back().kind == event.kind && out.back().call == event.call &&
                         event.kind <= ReplyEvent::Kind::call_arguments &&
                         event.kind != ReplyEvent::Kind::call_begin;
    if (!goes_on) {
      out.push_back(event);
      continue;
    }
    out.back().text += event.text;
    out.back().end = event.end;
  }
  return out;
}

// `cuts` ascend.
inline std::vector<ReplyEvent> parse_cut(const ReplyOptions& options, std::string_view text,
                                         std::span<const size_t> cuts) {
  ReplyParser parser(options);
  std::vector<ReplyEvent> events;
  const auto take = [&](std::vector<ReplyEvent> more) {
    for (ReplyEvent& event : more) {
      FERRY_CHECK(event.kind == ReplyEvent::Kind::call_end ||
                  event.kind == ReplyEvent::Kind::call_withdrawn || !event.text.empty());
      FERRY_CHECK(incomplete_utf8_tail(event.text) == 0);
      events.push_back(std::move(event));
    }
  };
  size_t begin = 0;
  for (const size_t cut : cuts) {
    take(parser.take(text.substr(begin, cut - begin)));
    begin = cut;
  }
  take(parser.take(text.substr(begin)));
  take(parser.finish());
  return joined(events);
}

inline Reply reply_of(const std::vector<ReplyEvent>& events) {
  Reply reply;
  for (const ReplyEvent& event : events) append(reply, event);
  return reply;
}

// Nothing but markers and white space.
inline bool is_markup(std::string_view text, ReplySyntax syntax) {
  std::vector<std::string_view> markers = reply_markers(syntax);
  markers.insert(markers.end(), {" ", "\t", "\r", "\n", "]"});  // "]": of a list whose calls have ended
  while (!text.empty()) {
    const auto found = std::find_if(markers.begin(), markers.end(),
                                    [&](std::string_view marker) { return text.starts_with(marker); });
    if (found == markers.end()) return false;
    text.remove_prefix(found->size());
  }
  return true;
}

// The events tell every byte of the text: content and thought as they stand, calls by their span.
inline void check_conservation(const std::vector<ReplyEvent>& events, std::string_view text,
                               ReplySyntax syntax) {
  size_t told = 0;
  size_t call_begin = 0;
  for (const ReplyEvent& event : events) {
    FERRY_CHECK(event.begin >= told && event.begin <= event.end && event.end <= text.size());
    FERRY_CHECK(is_markup(text.substr(told, event.begin - told), syntax));
    told = event.end;
    const std::string_view span = text.substr(event.begin, event.end - event.begin);
    switch (event.kind) {
      case ReplyEvent::Kind::thought:
      case ReplyEvent::Kind::content:
        FERRY_CHECK(span == event.text);
        break;
      case ReplyEvent::Kind::call_begin:
        call_begin = event.begin;
        FERRY_CHECK(!span.empty());
        break;
      case ReplyEvent::Kind::call_arguments:
      case ReplyEvent::Kind::call_end:
        break;
      case ReplyEvent::Kind::call_withdrawn:
        told = call_begin;  // its text follows
        break;
    }
  }
  FERRY_CHECK(is_markup(text.substr(told), syntax));
}

// Begun, told, ended: in this order, one after the other, with numbers that count up.
inline void check_calls(const std::vector<ReplyEvent>& events, const ReplyOptions& options) {
  int calls = 0;
  bool open = false;
  for (const ReplyEvent& event : events) {
    const bool of_call = event.kind >= ReplyEvent::Kind::call_begin;
    FERRY_CHECK(of_call == (event.call >= 0));
    if (!of_call) continue;
    FERRY_CHECK(event.call == calls);
    FERRY_CHECK(open == (event.kind != ReplyEvent::Kind::call_begin));
    FERRY_CHECK(event.kind != ReplyEvent::Kind::call_withdrawn ||
                options.calls == ReplyOptions::Calls::streamed);
    open = event.kind == ReplyEvent::Kind::call_begin || event.kind == ReplyEvent::Kind::call_arguments;
    if (!open) ++calls;
  }
  FERRY_CHECK(!open);
  for (const ReplyCall& call : reply_of(events).calls) {
    const Result<json::value> arguments = parse_json(call.arguments, "arguments");
    FERRY_CHECK(arguments && arguments->is_object());
  }
}

// All of that, for calls told whole and streamed, which come to the same reply.
inline void check_reply(ReplyOptions options, std::string_view text, std::span<const size_t> cuts) {
  using Calls = ReplyOptions::Calls;
  Reply replies[2];
  for (const Calls calls : {Calls::whole, Calls::streamed}) {
    options.calls = calls;
    const std::vector<ReplyEvent> whole = parse_cut(options, text, {});
    FERRY_CHECK(parse_cut(options, text, cuts) == whole);
    check_conservation(whole, text, options.syntax);
    check_calls(whole, options);
    replies[calls == Calls::streamed ? 1 : 0] = reply_of(whole);
  }
  FERRY_CHECK(replies[0] == replies[1]);
}

}  // namespace ferry
