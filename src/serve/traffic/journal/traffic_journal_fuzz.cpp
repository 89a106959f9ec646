// A segment of any bytes: reading it never fails, never crashes, and what it gives decodes or is an error.

#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "serve/traffic/journal/frame.h"

namespace ferry {
namespace {

void decode(const RecordView& record) {
  (void)decode_intent(record);
  (void)decode_outcome(record);
  (void)decode_erasure(record);
  (void)decode_config_change(record);
  if (auto content = decode_open_content(record.open)) {
    (void)decode_personal(record.personal.value_or(""), content->record);
  }
  if (auto feedback = decode_open_feedback(record.open)) {
    (void)decode_personal(record.personal.value_or(""), feedback->record);
  }
}

constexpr uint64_t kMarker = 0x1122334455667788;

void scan(std::string_view bytes) {
  FrameScanner scanner(bytes, kMarker, true);
  size_t end = 0;
  while (const auto frame = scanner.next()) {
    FERRY_CHECK(frame->offset >= end && frame->offset + frame->bytes <= bytes.size());
    end = scanner.end();
    decode(frame->record);
  }
}

// Mutations rarely keep a checksum right: the same bytes as the payload of a frame that is.
void scan_framed(std::string_view bytes) {
  if (bytes.size() < 2) return;
  std::string frame(kFrameHeaderBytes, '\0');
  const auto kind = static_cast<RecordKind>(bytes[0]);
  const size_t open = std::min<size_t>(static_cast<uint8_t>(bytes[1]), bytes.size() - 2);
  frame += bytes.substr(2);
  finish_frame(frame, kind, static_cast<uint32_t>(open));
  stamp_frame(frame, kMarker);
  scan(frame);
}

}  // namespace
}  // namespace ferry

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  ferry::scan(bytes);
  ferry::scan_framed(bytes);
  return 0;
}
