#pragma once
// Carries the journal into the store, in groups: one transaction for many records, which also says how far it
// came. So each record arrives exactly once, however often the process is killed meanwhile.

#include "base/settings/units.h"
#include "serve/traffic/journal/segment.h"
#include "serve/traffic/store/record_writer.h"

namespace ferry {

struct CarryReport {
  uint64_t records = 0;
  uint64_t damaged_bytes = 0;  // skipped for good
};

// One thread at a time; several processes may have one of the same store.
class Carrier {
 public:
  // `journal_folder` need not be there yet.
  static Result<std::unique_ptr<Carrier>> open(const std::filesystem::path& data_dir,
                                               const std::filesystem::path& journal_folder);

  // Carries all that can be read. Segments below `active` are complete.
  Result<CarryReport> carry(uint64_t active);

  // Removes segments below `active` that were carried to their end and not written for `retention`.
  Result<void> remove_carried(uint64_t active, Duration retention);

  // The segment that was reached: the next one to begin must have a greater number.
  Result<uint64_t> reached_segment();

 private:
  struct Position {
    uint64_t segment = 0;
    uint64_t offset = 0;
  };
  struct Group {
    CarryReport report;
    bool is_end = false;  // of the segment, as far as it is written
  };

  Carrier(std::filesystem::path folder, Database database, RecordWriter writer, Statement read_position,
          Statement write_position);
  Result<Position> position();
  Result<CarryReport> carry_segment(uint64_t number, bool is_complete);
  Result<Group> carry_group(SegmentReader& reader, uint64_t number, bool is_complete);

  const std::filesystem::path folder_;
  Database database_;
  RecordWriter writer_;
  Statement read_position_;
  Statement write_position_;
};

}  // namespace ferry
