#include "serve/traffic/store/carrier.h"

#include <chrono>

#include "base/observe/log.h"

namespace ferry {
namespace fs = std::filesystem;
namespace {

// A group is small enough not to keep other writers waiting, and large enough that its fsync costs little.
constexpr uint64_t kGroupRecords = 4000;
constexpr uint64_t kGroupBytes = uint64_t{16} << 20;

void tell_damage(const fs::path& segment, const SegmentRead& read) {
  log_error("the journal is damaged: what could not be read was skipped",
            {{"segment", segment.string()}, {"places", read.damaged_places}, {"bytes", read.damaged_bytes}});
}

}  // namespace

Carrier::Carrier(fs::path folder, Database database, RecordWriter writer, Statement read_position,
                 Statement write_position)
    : folder_(std::move(folder)),
      database_(std::move(database)),
      writer_(std::move(writer)),
      read_position_(std::move(read_position)),
      write_position_(std::move(write_position)) {}

Result<std::unique_ptr<Carrier>> Carrier::open(const fs::path& data_dir, const fs::path& journal_folder) {
  FERRY_TRY(Database database, open_traffic_database(data_dir));
  FERRY_TRY(RecordWriter writer, RecordWriter::prepare(database));
  FERRY_TRY(Statement read, database.prepare("read how far the journal was carried",
                                             "SELECT segment, offset FROM carried WHERE one = 1"));
  FERRY_TRY(Statement write, database.prepare("keep how far the journal was carried",
                                              "UPDATE carried SET segment = ?1, offset = ?2 WHERE one = 1"));
  return std::unique_ptr<Carrier>(
      new Carrier(journal_folder, std::move(database), std::move(writer), std::move(read), std::move(write)));
}

Result<Carrier::Position> Carrier::position() {
  FERRY_TRY_VOID(read_position_.start());
  FERRY_TRY(const bool found, read_position_.next());
  if (!found)
    return fail(ErrorCode::corrupt, "{}: its table \"carried\" is empty", database_.path().string());
  const Position at{static_cast<uint64_t>(read_position_.column<int64_t>(0)),
                    static_cast<uint64_t>(read_position_.column<int64_t>(1))};
  read_position_.finish();
  return at;
}

Result<uint64_t> Carrier::reached_segment() {
  FERRY_TRY(const Position at, position());
  return at.segment;
}

Result<CarryReport> Carrier::carry(uint64_t active) {
  FERRY_TRY(const std::vector<uint64_t> numbers, list_segments(folder_));
  FERRY_TRY(const Position begin, position());
  CarryReport report;
  for (const uint64_t number : numbers) {
    if (number < begin.segment || number > active) continue;
    FERRY_TRY(const CarryReport segment, carry_segment(number, number < active));
    report.records += segment.records;
    report.damaged_bytes += segment.damaged_bytes;
  }
  return report;
}

Result<CarryReport> Carrier::carry_segment(uint64_t number, bool is_complete) {
  FERRY_TRY(SegmentReader reader, SegmentReader::open(segment_path(folder_, number)));
  CarryReport report;
  Group group;
  while (!group.is_end) {
    FERRY_TRY(group, carry_group(reader, number, is_complete));
    report.records += group.report.records;
    report.damaged_bytes += group.report.damaged_bytes;
  }
  return report;
}

Result<Carrier::Group> Carrier::carry_group(SegmentReader& reader, uint64_t number, bool is_complete) {
  FERRY_TRY(Transaction transaction, database_.begin_write());
  FERRY_TRY(Position at, position());  // here, not before: another process may have come further
  if (at.segment > number) return Group{.report = {}, .is_end = true};
  if (at.segment < number) at = {number, 0};
  FERRY_TRY_VOID(writer_.begin());
  Group group{.report = {}, .is_end = true};
  uint64_t bytes = 0;
  FERRY_TRY(const SegmentRead read,
            reader.read(at.offset, is_complete, [&](const Frame& frame) -> Result<bool> {
              FERRY_TRY_VOID(writer_.append(frame.record));
              bytes += frame.bytes;
              group.is_end = ++group.report.records < kGroupRecords && bytes < kGroupBytes;
              return group.is_end;
            }));
  if (group.report.records == 0 && read.end == at.offset) return group;
  FERRY_TRY_VOID(write_position_.run(static_cast<int64_t>(number), static_cast<int64_t>(read.end)));
  FERRY_TRY_VOID(transaction.commit());
  if (read.damaged_bytes > 0) tell_damage(reader.path(), read);
  group.report.damaged_bytes = read.damaged_bytes;
  return group;
}

Result<void> Carrier::remove_carried(uint64_t active, Duration retention) {
  FERRY_TRY(const std::vector<uint64_t> numbers, list_segments(folder_));
  FERRY_TRY(const Position at, position());
  const auto now = fs::file_time_type::clock::now();
  for (const uint64_t number : numbers) {
    if (number >= active || number > at.segment) break;
    const fs::path path = segment_path(folder_, number);
    std::error_code error;
    const uint64_t size = fs::file_size(path, error);
    if (number == at.segment && at.offset < size) break;
    if (now - fs::last_write_time(path, error) < retention) break;
    fs::remove(path, error);
    if (error) return fail(ErrorCode::io, "{}: cannot remove: {}", path.string(), error.message());
  }
  return {};
}

}  // namespace ferry
