#pragma once
// Reads a stream of server-sent events (WHATWG HTML, "Server-sent events", "Interpreting an event stream") as
// its bytes come. Knows no socket. What comes out does not depend on how the bytes are cut.
//
//   for each piece:  std::string_view rest = piece;
//                    while (const SseEvent* event = reader.next(rest)) handle(*event);
//                    if (reader.failed()) ...
//   at the end:      if (const SseEvent* event = reader.finish()) handle(*event);
//                    if (reader.in_event()) ... the stream was cut
//
// Lines may end in CR, LF or CR LF; comments and unknown fields are skipped, and a byte order mark at the
// beginning. The bytes are taken as they are: whether they are UTF-8 is for who reads the data.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ferry {

struct SseEvent {
  std::string_view name;  // of the last "event:"; empty: "message" is meant
  std::string_view data;  // of the "data:" lines, joined by LF; there was at least one
  std::string_view id;    // of the last "id:" in the stream so far
  std::string_view raw;   // the event as it was sent, its empty line included
};

class SseReader {
 public:
  static constexpr size_t kMaxEvent = 16 << 20;

  // An event that is larger than `max_event` as it was sent ends the stream. No more than that is ever kept.
  explicit SseReader(size_t max_event = kMaxEvent) : max_event_(max_event) {}

  // Takes bytes from the front of `bytes` up to the end of the next event, and returns it; null when all were
  // taken. What lies in `bytes` as a whole is not copied: the views live until the next call, and as long as
  // those bytes.
  const SseEvent* next(std::string_view& bytes);
  // The stream has ended: the last event, where only the LF of its last CR LF could still have come.
  const SseEvent* finish();

  bool failed() const { return failed_; }  // an event was too large; final
  // Bytes wait of an event that has not ended. At the stream's end they count for nothing.
  bool in_event() const { return !pending_.empty(); }
  // Of the last "retry:".
  std::optional<uint64_t> retry_ms() const { return retry_ms_; }

 private:
  size_t find_end(std::string_view bytes);
  const SseEvent* parse(std::string_view raw);
  void take_line(std::string_view line);
  void take_field(std::string_view name, std::string_view value);
  void add_data(std::string_view value);

  const size_t max_event_;
  bool failed_ = false;
  bool is_first_ = true;  // no event has been parsed: a byte order mark may come
  std::string pending_;   // of an event that came in several pieces, as far as it has come
  std::string whole_;     // the last one of those, which the views point into

  // How far the lines have been told apart.
  bool line_is_empty_ = true;
  bool after_cr_ = false;     // an LF now belongs to the line before
  bool ended_by_cr_ = false;  // and so does the event

  SseEvent event_;
  size_t data_lines_ = 0;
  std::string joined_;  // the data, where it has several lines
  std::string id_;
  std::optional<uint64_t> retry_ms_;
};

}  // namespace ferry
