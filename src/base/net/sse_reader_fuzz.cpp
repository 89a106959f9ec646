// Whatever a server streams: the reader must not crash, must keep to its limit, must see the same events
// however the bytes are cut, and must lose none of an event's bytes.

#include <algorithm>
#include <vector>

#include "base/core/result.h"
#include "base/core/rng.h"
#include "base/net/sse_reader.h"

namespace ferry {
namespace {

constexpr size_t kMaxEvent = 512;

struct Event {
  std::string name, data, id, raw;
  bool operator==(const Event&) const = default;
};

struct Outcome {
  std::vector<Event> events = {};
  bool failed = false;
  bool in_event = false;
  std::optional<uint64_t> retry_ms = {};
};

Outcome read(std::string_view bytes, Rng* cuts) {
  Outcome outcome;
  SseReader reader(kMaxEvent);
  const std::string_view all = bytes;
  size_t searched = 0;
  const auto take = [&](const SseEvent& event) {
    FERRY_CHECK(event.raw.size() <= kMaxEvent && event.data.size() <= event.raw.size());
    searched = all.find(event.raw, searched);
    FERRY_CHECK(searched != std::string_view::npos);
    searched += event.raw.size();
    outcome.events.push_back(
        {std::string(event.name), std::string(event.data), std::string(event.id), std::string(event.raw)});
  };
  while (!bytes.empty()) {
    const size_t step = cuts == nullptr ? bytes.size() : 1 + cuts->below(cuts->below(64) + 1);
    const std::string piece(bytes.substr(0, step));
    bytes.remove_prefix(piece.size());
    std::string_view rest = piece;
    while (const SseEvent* event = reader.next(rest)) take(*event);
    FERRY_CHECK(rest.empty());
  }
  if (const SseEvent* event = reader.finish()) take(*event);
  outcome.failed = reader.failed();
  outcome.in_event = reader.in_event();
  outcome.retry_ms = reader.retry_ms();
  return outcome;
}

}  // namespace
}  // namespace ferry

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ferry;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Outcome whole = read(bytes, nullptr);
  Rng cuts(size * 31 + (size > 0 ? data[size / 2] : 0));
  const Outcome pieces = read(bytes, &cuts);
  FERRY_CHECK(whole.events == pieces.events && whole.failed == pieces.failed);
  FERRY_CHECK(whole.in_event == pieces.in_event && whole.retry_ms == pieces.retry_ms);
  return 0;
}
