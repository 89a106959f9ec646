#pragma once
// Reads a stream of server-sent events (WHATWG HTML, "Server-sent events", section "Interpreting an event
// stream") as its bytes come. Knows no socket. What comes out does not depend on how the bytes are cut.
//
//   SseReader reader;
//   on piece:  auto rest = piece;
//              while (const SseEvent* event = reader.next(rest)) handle(*event);
//              if (reader.failed()) ...

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ferry {

// Lines may end in CR, LF or CR LF; comments and unknown fields are skipped; a byte order mark at the
// beginning, too. The bytes are taken as they are: whether they are UTF-8 is for who reads the data.
struct SseEvent {
  std::string_view name;  // "event:"; empty where there was none, which means "message"
  std::string_view data;  // the "data:" lines, joined by LF
  std::string_view id;    // the last "id:" of the stream so far
  std::string_view raw;   // the event as it was sent, its empty line included, comments before it as well
};

class SseReader {
 public:
  static constexpr size_t kMaxEvent = 16 << 20;

  // An event larger than `max_event`, as it was sent, ends the stream.
  explicit SseReader(size_t max_event = kMaxEvent);

  // Takes bytes from the front of `bytes` up to the end of the next event that has data, and returns it; null
  // when all were taken. The views live until the next call, or as long as the bytes that were given,
  // whichever ends first.
  const SseEvent* next(std::string_view& bytes);

  bool failed() const;  // an event was too large; final
  // Whether bytes of an event that has not ended wait: at the stream's end they are a cut event, to be thrown
  // away.
  bool in_event() const;
  // Milliseconds of the last "retry:"; nothing where none has come.
  std::optional<uint64_t> retry_ms() const;
};

}  // namespace ferry
