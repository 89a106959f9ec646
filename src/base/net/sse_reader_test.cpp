#include "base/net/sse_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/core/rng.h"
#include "base/net/sse.h"

namespace ferry {
namespace {

using namespace std::string_literals;

// Everything that came out, as text.
std::string events_of(std::string_view bytes, const std::function<size_t()>& step,
                      size_t max_event = 1 << 20) {
  SseReader reader(max_event);
  std::string seen;
  const auto note = [&](const SseEvent& event) {
    seen += fmt::format("{}|{}|{}|{};", event.name, event.data, event.id, event.raw);
  };
  while (!bytes.empty()) {
    // In memory of its own, so that a view which outlives it is found out.
    const std::string piece(bytes.substr(0, step()));
    bytes.remove_prefix(piece.size());
    std::string_view rest = piece;
    while (const SseEvent* event = reader.next(rest)) note(*event);
    EXPECT_TRUE(rest.empty());
  }
  if (const SseEvent* event = reader.finish()) note(*event);
  if (reader.failed()) seen += "failed";
  if (reader.in_event()) seen += "cut";
  if (reader.retry_ms()) seen += fmt::format("retry {}", *reader.retry_ms());
  return seen;
}

std::string events_of(std::string_view bytes) {
  return events_of(bytes, [&] { return std::string_view::npos; });
}

TEST(SseReader, ReadsWhatTheStandardSays) {
  EXPECT_EQ(events_of("data: a\n\n"), "|a||data: a\n\n;");
  EXPECT_EQ(events_of("data:a\n\n"), "|a||data:a\n\n;");
  EXPECT_EQ(events_of("data:  a\n\n"), "| a||data:  a\n\n;");
  EXPECT_EQ(events_of("data: a\ndata: b\ndata\n\n"), "|a\nb\n||data: a\ndata: b\ndata\n\n;");
  EXPECT_EQ(events_of("data\n\n"), "|||data\n\n;");
  EXPECT_EQ(events_of("event: x\nevent: y\ndata: {\"a:b\"}\n\n"),
            "y|{\"a:b\"}||event: x\nevent: y\ndata: {\"a:b\"}\n\n;");
  EXPECT_EQ(events_of("data: a\r\n\r\ndata: b\r\r"), "|a||data: a\r\n\r\n;|b||data: b\r\r;");
  EXPECT_EQ(events_of("data: a\n\rdata: b\r\n\n"), "|a||data: a\n\r;|b||data: b\r\n\n;");
  EXPECT_EQ(events_of(": ping\n\ndata: a\n: in between\n\n"), "|a||data: a\n: in between\n\n;");
  EXPECT_EQ(events_of("other: x\ndata: a\nDATA: b\n\n"), "|a||other: x\ndata: a\nDATA: b\n\n;");
  EXPECT_EQ(events_of("event: x\n\ndata: a\n\n"), "|a||data: a\n\n;");
  EXPECT_EQ(events_of("id: 7\n\ndata: a\n\nid\ndata: b\n\n"), "|a|7|data: a\n\n;|b||id\ndata: b\n\n;");
  EXPECT_EQ(events_of("id: 7\0\ndata: a\n\n"s), "|a||id: 7\0\ndata: a\n\n;"s);
  EXPECT_EQ(events_of("retry: 10\nretry: 2x\nretry:\n\n"), "retry 10");
  EXPECT_EQ(events_of("\xef\xbb\xbf"
                      "data: a\n\n"),
            "|a||\xef\xbb\xbf"
            "data: a\n\n;");
  EXPECT_EQ(events_of("data: a\n\n\xef\xbb\xbf"
                      "data: b\n\n"),
            "|a||data: a\n\n;");
  EXPECT_EQ(events_of("\n\n\r\n\n"), "");
}

TEST(SseReader, WhatHasNotEndedCountsForNothing) {
  EXPECT_EQ(events_of("data: a"), "cut");
  EXPECT_EQ(events_of("data: a\n"), "cut");
  EXPECT_EQ(events_of("data: a\r\n\r"), "|a||data: a\r\n\r;");
  EXPECT_EQ(events_of("data: a\n\ndata: [DONE]\n"), "|a||data: a\n\n;cut");
}

TEST(SseReader, HandsAnEventOnAsSoonAsItHasCome) {
  SseReader reader;
  std::string_view piece = "data: a\n";
  EXPECT_EQ(reader.next(piece), nullptr);
  EXPECT_TRUE(reader.in_event());
  piece = "\nda";
  const SseEvent* event = reader.next(piece);
  ASSERT_NE(event, nullptr);
  EXPECT_EQ(event->data, "a");
  EXPECT_EQ(event->raw, "data: a\n\n");
  EXPECT_EQ(piece, "da");
}

TEST(SseReader, DoesNotCopyWhatLiesInOnePiece) {
  SseReader reader;
  const std::string bytes = "event: x\ndata: some data\n\n";
  std::string_view rest = bytes;
  const SseEvent* event = reader.next(rest);
  ASSERT_NE(event, nullptr);
  EXPECT_EQ(event->data.data(), bytes.data() + bytes.find("some"));
  EXPECT_EQ(event->raw.data(), bytes.data());
}

TEST(SseReader, LimitsAnEventAndNotAStream) {
  const std::string event = "data: " + std::string(92, 'x') + "\n\n";  // 100 bytes
  for (const size_t step : {1, 7, 1000}) {
    const auto steps = [step] { return step; };
    EXPECT_EQ(events_of(event + event + event, steps, 99).find("failed"), 0u);
    EXPECT_EQ(events_of(event + event + event, steps, 100).find("failed"), std::string::npos);
    EXPECT_EQ(events_of(std::string(1000, ':'), steps, 100), "failed");
    EXPECT_EQ(events_of("data: a\n\n" + std::string(1000, ':') + "\n\ndata: b\n\n", steps, 100),
              "|a||data: a\n\n;failed");
  }
}

TEST(SseReader, ReadsWhatTheWriterWrites) {
  std::string bytes;
  append_sse(bytes, "one\ntwo\r\nthree\rfour", "name");
  append_sse(bytes, "");
  SseReader reader;
  std::string_view rest = bytes;
  const SseEvent* event = reader.next(rest);
  ASSERT_NE(event, nullptr);
  EXPECT_EQ(event->name, "name");
  EXPECT_EQ(event->data, "one\ntwo\nthree\nfour");
  event = reader.next(rest);
  ASSERT_NE(event, nullptr);
  EXPECT_EQ(event->data, "");
}

// Streams of random pieces of the grammar, cut at random: the same as in one piece.
TEST(SseReader, AnyCuttingGivesTheSameEvents) {
  Rng rng(20251122);
  constexpr std::string_view kPieces[] = {"data: x",
                                          "data:",
                                          "data",
                                          "event: e",
                                          "id: 1",
                                          "id",
                                          ": c",
                                          "retry: 5",
                                          "other: y",
                                          "\n",
                                          "\n",
                                          "\r\n",
                                          "\r\n",
                                          "\r",
                                          "\r",
                                          "\n\n",
                                          "\r\n\r\n",
                                          "\r\r",
                                          " ",
                                          ":",
                                          "\xef\xbb\xbf",
                                          "data: long long line"};
  for (int round = 0; round < 3000; ++round) {
    std::string bytes;
    for (uint64_t i = rng.below(30); i > 0; --i) bytes += kPieces[rng.below(std::size(kPieces))];
    const std::string whole = events_of(bytes);
    EXPECT_EQ(events_of(bytes, [] { return size_t{1}; }), whole) << bytes;
    EXPECT_EQ(events_of(bytes, [&] { return 1 + rng.below(8); }), whole) << bytes;
  }
}

}  // namespace
}  // namespace ferry
