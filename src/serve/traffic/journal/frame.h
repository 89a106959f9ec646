#pragma once
// How a record stands in a segment: a frame, whose header can be told from any text that came from outside,
// and finding the frames again in bytes that a crash or a disk has damaged.
//
//   offset  bytes
//   0       8      the segment's marker: random, so that no request can smuggle in what looks like a frame
//   8       4      bytes of the payload
//   12      4      bytes of its open part, which comes first
//   16      1      kind
//   17      1      version
//   18      2      zero
//   20      4      CRC-32C of the payload
//   24      4      CRC-32C of the 24 bytes before
//   28             the payload

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "serve/traffic/record_codec.h"

namespace ferry {

inline constexpr size_t kFrameHeaderBytes = 28;
inline constexpr size_t kMaxPayloadBytes = size_t{128} << 20;

// `frame` is kFrameHeaderBytes of anything and the payload; fills the header in, but for what the segment's
// marker decides.
void finish_frame(std::string& frame, RecordKind kind, uint32_t open_bytes);
// The rest of it.
void stamp_frame(std::string& frame, uint64_t marker);

// Whether a frame of a segment with this marker begins here, as far as its header tells.
bool is_frame_header(std::string_view bytes, uint64_t marker);

struct Frame {
  size_t offset = 0;  // in the bytes that are scanned
  size_t bytes = 0;   // header included
  RecordView record;
};

// One pass over a segment's bytes, or over a piece of them.
class FrameScanner {
 public:
  // `whole`: nothing will follow these bytes. Otherwise a frame that is not all there yet ends the scan.
  FrameScanner(std::string_view bytes, uint64_t marker, bool whole)
      : bytes_(bytes), marker_(marker), whole_(whole), work_left_(16 * bytes.size() + kFrameHeaderBytes) {}

  // The next frame whose checksums are right. What lies before it and is none was damaged: it is counted.
  std::optional<Frame> next();

  // One past the last frame that was found. What follows it is torn, damaged, or not there yet.
  size_t end() const { return end_; }
  size_t damaged_bytes() const { return damaged_bytes_; }
  size_t damaged_places() const { return damaged_places_; }
  // How many bytes from end() on the frame there has, if it has begun: to read more with.
  std::optional<size_t> incomplete() const { return incomplete_; }

 private:
  std::optional<Frame> frame_at(size_t offset);

  std::string_view bytes_;
  uint64_t marker_;
  bool whole_;
  size_t work_left_;  // bytes that may still be checksummed: crafted headers cannot make a scan quadratic
  size_t end_ = 0;
  size_t damaged_bytes_ = 0;
  size_t damaged_places_ = 0;
  std::optional<size_t> incomplete_;
};

}  // namespace ferry
