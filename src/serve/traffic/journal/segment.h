#pragma once
// The journal's files: DATA/journal/0000000001.fj and so on. A segment begins with a header of 32 bytes and
// goes on with frames (frame.h):
//
//   0   8   "FERRYJ01"
//   8   8   the segment's number
//   16  8   when it was begun (µs since 1970)
//   24  8   the marker of its frames
//   32  4   CRC-32C of the 32 bytes before
//   36  4   zero

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/function_ref.h"
#include "base/core/result.h"
#include "serve/traffic/journal/file_handle.h"
#include "serve/traffic/journal/frame.h"

namespace ferry {

inline constexpr size_t kSegmentHeaderBytes = 40;

std::string segment_header(uint64_t number, int64_t begun_us, uint64_t marker);

std::filesystem::path segment_path(const std::filesystem::path& folder, uint64_t number);

// The numbers of the segments in a folder, ascending. Other files are not looked at.
Result<std::vector<uint64_t>> list_segments(const std::filesystem::path& folder);

struct SegmentRead {
  uint64_t end = 0;  // read from here the next time
  uint64_t damaged_bytes = 0;
  uint64_t damaged_places = 0;
  uint64_t tail_bytes = 0;  // of damaged_bytes: after the last frame, where `whole`
};

// Reads a segment, also while somebody appends to it. One thread at a time.
class SegmentReader {
 public:
  static Result<SegmentReader> open(const std::filesystem::path& path);

  // Gives the frames from byte `from` on (0: the first) to `visit`, until it says false or the file ends.
  // `whole`: nobody appends any more, so what is left at the end is damage too. The frames' offsets are the
  // file's; their views live during the call. Errors: io, and what `visit` returns. Damage is none: it is
  // stepped over and counted.
  Result<SegmentRead> read(uint64_t from, bool whole, FunctionRef<Result<bool>(const Frame&)> visit);

  const std::filesystem::path& path() const { return file_.path(); }
  Result<uint64_t> size() const { return file_.size(); }

 private:
  explicit SegmentReader(FileHandle file) : file_(std::move(file)) {}
  Result<bool> find_marker();

  FileHandle file_;
  uint64_t marker_ = 0;
  bool has_marker_ = false;
};

// Cuts off what a crash left unfinished at the end of a segment that nobody writes. Returns how many bytes.
Result<uint64_t> cut_torn_tail(const std::filesystem::path& path);

}  // namespace ferry
