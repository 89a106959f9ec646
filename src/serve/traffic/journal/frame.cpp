#include "serve/traffic/journal/frame.h"

#include <cstring>

#include "serve/traffic/journal/crc32c.h"

namespace ferry {
namespace {

struct FrameHeader {
  uint64_t marker = 0;
  uint32_t payload_bytes = 0;
  uint32_t open_bytes = 0;
  uint8_t kind = 0;
  uint8_t version = 0;
  uint16_t zero = 0;
  uint32_t payload_crc = 0;
  uint32_t header_crc = 0;
  uint32_t padding = 0;  // not in the file
};
static_assert(offsetof(FrameHeader, header_crc) == 24 && offsetof(FrameHeader, padding) == kFrameHeaderBytes);

constexpr size_t kCheckedBytes = offsetof(FrameHeader, header_crc);

std::optional<FrameHeader> read_header(std::string_view bytes, uint64_t marker) {
  if (bytes.size() < kFrameHeaderBytes) return std::nullopt;
  FrameHeader header;
  std::memcpy(static_cast<void*>(&header), bytes.data(), kFrameHeaderBytes);
  if (header.marker != marker || header.header_crc != crc32c(bytes.substr(0, kCheckedBytes)) ||
      header.payload_bytes > kMaxPayloadBytes || header.open_bytes > header.payload_bytes) {
    return std::nullopt;
  }
  return header;
}

}  // namespace

bool is_frame_header(std::string_view bytes, uint64_t marker) {
  return read_header(bytes, marker).has_value();
}

void finish_frame(std::string& frame, RecordKind kind, uint32_t open_bytes) {
  FERRY_CHECK(frame.size() >= kFrameHeaderBytes);
  const std::string_view payload = std::string_view(frame).substr(kFrameHeaderBytes);
  FERRY_CHECK(payload.size() <= kMaxPayloadBytes && open_bytes <= payload.size());
  FrameHeader header;
  header.payload_bytes = static_cast<uint32_t>(payload.size());
  header.open_bytes = open_bytes;
  header.kind = static_cast<uint8_t>(kind);
  header.version = kRecordVersion;
  header.payload_crc = crc32c(payload);
  std::memcpy(frame.data(), &header, kFrameHeaderBytes);
}

void stamp_frame(std::string& frame, uint64_t marker) {
  std::memcpy(frame.data(), &marker, sizeof marker);
  const uint32_t crc = crc32c({frame.data(), kCheckedBytes});
  std::memcpy(frame.data() + kCheckedBytes, &crc, sizeof crc);
}

std::optional<Frame> FrameScanner::frame_at(size_t offset) {
  const auto header = read_header(bytes_.substr(offset), marker_);
  if (!header) return std::nullopt;
  const size_t room = bytes_.size() - offset - kFrameHeaderBytes;
  if (header->payload_bytes > room) {
    if (offset == end_) incomplete_ = kFrameHeaderBytes + header->payload_bytes;
    return std::nullopt;
  }
  if (header->payload_bytes > work_left_) return std::nullopt;
  work_left_ -= header->payload_bytes;
  const std::string_view payload = bytes_.substr(offset + kFrameHeaderBytes, header->payload_bytes);
  if (header->payload_crc != crc32c(payload)) return std::nullopt;
  return Frame{.offset = offset,
               .bytes = kFrameHeaderBytes + payload.size(),
               .record = {.kind = header->kind,
                          .version = header->version,
                          .open = payload.substr(0, header->open_bytes),
                          .personal = payload.substr(header->open_bytes)}};
}

std::optional<Frame> FrameScanner::next() {
  const std::string_view marker(reinterpret_cast<const char*>(&marker_), sizeof marker_);
  incomplete_.reset();
  for (size_t at = end_; at != std::string_view::npos; at = bytes_.find(marker, at + 1)) {
    auto frame = frame_at(at);
    if (incomplete_ && !whole_) return std::nullopt;
    if (!frame) continue;
    if (at > end_) {
      damaged_bytes_ += at - end_;
      ++damaged_places_;
    }
    end_ = at + frame->bytes;
    return frame;
  }
  return std::nullopt;
}

}  // namespace ferry
