#pragma once
// For tests: segments in memory and on disk.

#include <vector>

#include "base/core/file.h"
#include "serve/traffic/journal/segment.h"
#include "serve/traffic/record_frame.h"
#include "serve/traffic/test_records.h"

namespace ferry {

inline constexpr uint64_t kTestMarker = 0x1122334455667788;

template <class Record>
std::string test_frame(const Record& record, uint64_t marker = kTestMarker) {
  std::string frame;
  FERRY_CHECK(build_frame(record, frame).has_value());
  stamp_frame(frame, marker);
  return frame;
}

// A segment with `count` intents, and where each frame ends.
struct TestSegment {
  explicit TestSegment(int count) : bytes(segment_header(1, kTestTime, kTestMarker)) {
    ends.push_back(bytes.size());
    for (int i = 0; i < count; ++i) {
      bytes += test_frame(test_intent(static_cast<uint64_t>(i)));
      ends.push_back(bytes.size());
    }
  }
  std::string bytes;
  std::vector<size_t> ends;  // [0] is the header's
};

struct ReadBack {
  SegmentRead read;
  std::vector<uint64_t> intents;  // the n of each test_intent(n), in order
};

inline ReadBack read_back(const std::filesystem::path& path, bool whole, uint64_t from = 0) {
  ReadBack result;
  SegmentReader reader = SegmentReader::open(path).value();
  result.read = reader
                    .read(from, whole,
                          [&](const Frame& frame) -> Result<bool> {
                            FERRY_TRY(const Intent intent, decode_intent(frame.record));
                            result.intents.push_back(intent.exchange.low & 0xFFFFFFFF);
                            return true;
                          })
                    .value();
  return result;
}

inline std::vector<uint64_t> first_numbers(size_t count) {
  std::vector<uint64_t> numbers(count);
  for (size_t i = 0; i < count; ++i) numbers[i] = i;
  return numbers;
}

}  // namespace ferry
