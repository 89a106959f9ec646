#include "serve/traffic/journal/segment.h"

#include <algorithm>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "serve/traffic/journal/crc32c.h"
#include "serve/traffic/journal/test_segments.h"

namespace ferry {
namespace {

// RFC 3720, B.4, and the usual check value.
TEST(Crc32c, MatchesPublishedValues) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43u);
}

TEST(Crc32c, InstructionAndTableAgree) {
  Rng rng(1);
  std::string bytes;
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(crc32c(bytes), crc32c_portable(bytes));
    bytes += static_cast<char>(rng.next());
  }
}

class SegmentTest : public testing::Test {
 protected:
  std::filesystem::path write(std::string_view bytes) const {
    const auto path = segment_path(folder_.path(), 1);
    std::filesystem::remove(path);  // writing over it would wait for the disk
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  TestFolder folder_;
};

TEST_F(SegmentTest, ReadsWhatWasWritten) {
  const TestSegment segment(10);
  const ReadBack back = read_back(write(segment.bytes), true);
  EXPECT_EQ(back.intents, first_numbers(10));
  EXPECT_EQ(back.read.end, segment.bytes.size());
  EXPECT_EQ(back.read.damaged_bytes, 0u);
}

TEST_F(SegmentTest, CutAtAnyByteKeepsEveryWholeFrame) {
  const TestSegment segment(3);
  for (size_t cut = 0; cut <= segment.bytes.size(); ++cut) {
    const auto path = write(segment.bytes.substr(0, cut));
    const auto whole_frames = static_cast<size_t>(
        std::count_if(segment.ends.begin() + 1, segment.ends.end(), [&](size_t end) { return end <= cut; }));
    const size_t good_end = whole_frames == 0 ? kSegmentHeaderBytes : segment.ends[whole_frames];

    const ReadBack growing = read_back(path, false);
    EXPECT_EQ(growing.intents, first_numbers(whole_frames)) << cut;
    EXPECT_EQ(growing.read.end, good_end) << cut;
    EXPECT_EQ(growing.read.damaged_bytes, 0u) << cut;

    const uint64_t torn = cut > good_end ? cut - good_end : 0;
    EXPECT_EQ(read_back(path, true).read.damaged_bytes, torn) << cut;
    if (cut % 64 > 0) continue;  // cutting waits for the disk
    EXPECT_EQ(cut_torn_tail(path).value(), torn) << cut;
    EXPECT_EQ(cut_torn_tail(path).value(), 0u) << cut;
    EXPECT_EQ(read_back(path, true).intents, first_numbers(whole_frames)) << cut;
  }
}

TEST_F(SegmentTest, ADamagedByteCostsOneFrameAtMost) {
  const TestSegment segment(3);
  for (size_t at = 0; at < segment.bytes.size(); ++at) {
    std::string bytes = segment.bytes;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    const ReadBack back = read_back(write(bytes), true);
    const auto hit = static_cast<size_t>(std::upper_bound(segment.ends.begin(), segment.ends.end(), at) -
                                         segment.ends.begin());  // 0: the header
    std::vector<uint64_t> expected = first_numbers(3);
    if (hit > 0) expected.erase(expected.begin() + static_cast<ptrdiff_t>(hit) - 1);
    EXPECT_EQ(back.intents, expected) << at;
    EXPECT_EQ(back.read.damaged_bytes, hit > 0 ? segment.ends[hit] - segment.ends[hit - 1] : 0u) << at;
    EXPECT_EQ(back.read.damaged_places, hit > 0 ? 1u : 0u) << at;
  }
}

TEST_F(SegmentTest, ReadingGoesOnWhereItStopped) {
  const TestSegment segment(5);
  const auto path = write(segment.bytes.substr(0, segment.ends[2] + 9));
  const ReadBack first = read_back(path, false);
  EXPECT_EQ(first.read.end, segment.ends[2]);
  write(segment.bytes);
  const ReadBack second = read_back(path, false, first.read.end);
  EXPECT_THAT(second.intents, testing::ElementsAre(2, 3, 4));
}

TEST_F(SegmentTest, StopsWhenTheVisitorHasEnough) {
  const TestSegment segment(5);
  SegmentReader reader = SegmentReader::open(write(segment.bytes)).value();
  int seen = 0;
  const auto read = reader.read(0, true, [&](const Frame&) -> Result<bool> { return ++seen < 2; });
  EXPECT_EQ(read->end, segment.ends[2]);
  EXPECT_EQ(read->damaged_bytes, 0u);
}

TEST_F(SegmentTest, FramesLargerThanAPieceAndDamageOfThatSizeAreReadOver) {
  std::string bytes = segment_header(1, kTestTime, kTestMarker) + test_frame(test_intent(0));
  std::string large;
  ASSERT_TRUE(build_frame(RecordKind::content, "open", std::string(9 << 20, 'x'), large));
  stamp_frame(large, kTestMarker);
  bytes += large + std::string(10 << 20, 'y') + test_frame(test_intent(1));
  SegmentReader reader = SegmentReader::open(write(bytes)).value();
  std::vector<size_t> sizes;
  const auto read = reader.read(0, true, [&](const Frame& frame) -> Result<bool> {
    sizes.push_back(frame.bytes);
    return true;
  });
  EXPECT_THAT(sizes, testing::ElementsAre(test_frame(test_intent(0)).size(), large.size(),
                                          test_frame(test_intent(1)).size()));
  EXPECT_EQ(read->damaged_bytes, size_t{10} << 20);
}

// A client cannot write into the journal by sending what looks like a frame: it does not know the marker.
TEST_F(SegmentTest, FramesWithinARequestAreNotReadEvenWhenTheirOwnFrameIsDamaged) {
  const std::string smuggled = test_frame(test_intent(99), kTestMarker + 1);
  std::string carrier;
  ASSERT_TRUE(build_frame(RecordKind::content, "open", smuggled, carrier));
  stamp_frame(carrier, kTestMarker);
  carrier[kFrameHeaderBytes] ^= 1;
  const std::string bytes = segment_header(1, kTestTime, kTestMarker) + carrier + test_frame(test_intent(1));
  EXPECT_THAT(read_back(write(bytes), true).intents, testing::ElementsAre(1));
}

TEST_F(SegmentTest, ListsSegmentsAndNothingElse) {
  for (const char* name : {"0000000002.fj", "0000000010.fj", "lock", "x.fj", "3.txt"}) {
    ASSERT_TRUE(write_file_atomic(folder_.path() / name, ""));
  }
  EXPECT_THAT(list_segments(folder_.path()).value(), testing::ElementsAre(2, 10));
  EXPECT_EQ(list_segments(folder_.path() / "none").error().code, ErrorCode::io);
}

TEST(Frame, HeadersThatPromiseMoreThanThereIsAreNotBelieved) {
  // Headers of one long payload at every place: as much work as a scanner can be given.
  std::string bytes;
  std::string frame;
  ASSERT_TRUE(build_frame(RecordKind::content, "", std::string(size_t{1} << 20, 'x'), frame));
  stamp_frame(frame, kTestMarker);
  for (int i = 0; i < 40'000; ++i) bytes += frame.substr(0, kFrameHeaderBytes);
  bytes += std::string(size_t{1} << 20, 'y');
  FrameScanner scanner(bytes, kTestMarker, true);
  EXPECT_FALSE(scanner.next());
}

}  // namespace
}  // namespace ferry
