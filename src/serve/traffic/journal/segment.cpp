#include "serve/traffic/journal/segment.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>

#include "serve/traffic/byte_codec.h"
#include "serve/traffic/journal/crc32c.h"

namespace ferry {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kMagic = "FERRYJ01";
constexpr std::string_view kExtension = ".fj";
constexpr size_t kCheckedBytes = 32;
constexpr size_t kMarkerOffset = 24;
constexpr size_t kPiece = size_t{4} << 20;

uint64_t number_at(std::string_view bytes, size_t offset) {
  return ByteReader(bytes.substr(offset)).number<uint64_t>();
}

bool is_header(std::string_view bytes) {
  return bytes.size() >= kSegmentHeaderBytes && bytes.starts_with(kMagic) &&
         ByteReader(bytes.substr(kCheckedBytes)).number<uint32_t>() == crc32c(bytes.substr(0, kCheckedBytes));
}

}  // namespace

std::string segment_header(uint64_t number, int64_t begun_us, uint64_t marker) {
  std::string header(kMagic);
  ByteWriter w(header);
  w.number(number);
  w.number(begun_us);
  w.number(marker);
  w.number(crc32c(header));
  w.number(uint32_t{0});
  return header;
}

fs::path segment_path(const fs::path& folder, uint64_t number) {
  return folder / fmt::format("{:010}{}", number, kExtension);
}

Result<std::vector<uint64_t>> list_segments(const fs::path& folder) {
  std::error_code error;
  std::vector<uint64_t> numbers;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const fs::path& path = entry->path();
    const std::string stem = path.stem().string();
    uint64_t number = 0;
    const auto parsed = std::from_chars(stem.data(), stem.data() + stem.size(), number);
    if (path.extension() == kExtension && parsed.ec == std::errc() &&
        parsed.ptr == stem.data() + stem.size()) {
      numbers.push_back(number);
    }
  }
  if (error) return fail(ErrorCode::io, "{}: cannot list: {}", folder.string(), error.message());
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Result<SegmentReader> SegmentReader::open(const fs::path& path) {
  FERRY_TRY(FileHandle file, FileHandle::open(path, O_RDONLY));
  return SegmentReader(std::move(file));
}

// A damaged header does not cost the segment: each frame has the marker too, and the first one stands where
// it must. False: there is nothing yet, or nothing to be made of it.
Result<bool> SegmentReader::find_marker() {
  if (has_marker_) return true;
  FERRY_TRY(const std::string head, file_.read(0, kSegmentHeaderBytes + kFrameHeaderBytes));
  if (is_header(head)) {
    marker_ = number_at(head, kMarkerOffset);
    return has_marker_ = true;
  }
  if (head.size() < kSegmentHeaderBytes + kFrameHeaderBytes) return false;
  marker_ = number_at(head, kSegmentHeaderBytes);
  const std::string_view frame = std::string_view(head).substr(kSegmentHeaderBytes);
  return has_marker_ = is_frame_header(frame, marker_);
}

Result<SegmentRead> SegmentReader::read(uint64_t from, bool whole,
                                        FunctionRef<Result<bool>(const Frame&)> visit) {
  SegmentRead progress{.end = std::max<uint64_t>(from, kSegmentHeaderBytes)};
  FERRY_TRY(const uint64_t size, file_.size());
  FERRY_TRY(const bool readable, find_marker());
  size_t piece = kPiece;
  bool wanted = true;
  while (readable && wanted && progress.end < size) {
    FERRY_TRY(const std::string bytes,
              file_.read(progress.end, std::min<uint64_t>(piece, size - progress.end)));
    const bool is_last = progress.end + bytes.size() >= size;
    FrameScanner scanner(bytes, marker_, whole && is_last);
    while (wanted) {
      auto frame = scanner.next();
      if (!frame) break;
      frame->offset += progress.end;
      FERRY_TRY(wanted, visit(*frame));
    }
    progress.damaged_bytes += scanner.damaged_bytes();
    progress.damaged_places += scanner.damaged_places();
    progress.end += scanner.end();
    if (is_last) break;
    // A frame larger than the piece, or damage of that size.
    piece = scanner.end() > 0 ? kPiece : std::max(2 * piece, scanner.incomplete().value_or(0));
  }
  if (whole && wanted && progress.end < size) {
    progress.tail_bytes = readable ? size - progress.end : 0;
    progress.damaged_bytes += size - progress.end;
    ++progress.damaged_places;
    progress.end = size;
  }
  return progress;
}

Result<uint64_t> cut_torn_tail(const fs::path& path) {
  FERRY_TRY(SegmentReader reader, SegmentReader::open(path));
  FERRY_TRY(const SegmentRead read, reader.read(0, true, [](const Frame&) -> Result<bool> { return true; }));
  if (read.tail_bytes == 0) return 0;
  FERRY_TRY(FileHandle file, FileHandle::open(path, O_WRONLY));
  FERRY_TRY_VOID(file.truncate(read.end - read.tail_bytes));
  FERRY_TRY_VOID(file.sync());
  return read.tail_bytes;
}

}  // namespace ferry
