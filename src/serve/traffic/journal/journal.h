#pragma once
// The append side of the journal: one file at a time, whole frames, one write(2) each.
//
// Threads: any may append; a lock makes the order of the frames that of the calls, and keeps the file's
// length known, so that a write that a full disk cut short is taken back at once. (The kernel's own lock on
// the file serialises writers anyway; measured, this one costs nothing beside it. docs/traffic.md.) Appending
// never waits for the disk on purpose: a thread of the journal's own syncs every `sync_interval`, and begins
// the next segment when one is full.

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/settings/units.h"
#include "serve/traffic/journal/segment.h"

namespace ferry {

struct JournalSettings {
  std::filesystem::path folder;  // is created
  ByteSize segment_size{uint64_t{64} << 20};
  Duration sync_interval{50};
  uint64_t first_segment = 1;  // the segment begun is this one at least
};

// Nobody else records in the folder as long as the handle lives; nothing: somebody does.
Result<std::optional<FileHandle>> try_lock_journal(const std::filesystem::path& folder);

class Journal {
 public:
  // Cuts the torn tail of the newest segment and begins a new one. Waits up to a second for a tool that
  // looks at the folder. Errors: io; resource_exhausted: the disk is full, or another process holds the
  // folder.
  static Result<std::unique_ptr<Journal>> open(const JournalSettings& settings);
  // Syncs.
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // `frame` comes from finish_frame(); it is stamped here. Errors: io and resource_exhausted, and then
  // nothing of it is in the journal; `io` also while what was appended cannot be synced.
  Result<void> append(std::string& frame);

  // Segments with smaller numbers are complete: nobody writes them any more.
  uint64_t active_segment() const;

  // Begins the next segment now.
  Result<void> rotate();
  // What was appended before is on the disk when it returns.
  Result<void> sync();

 private:
  struct ActiveSegment {
    FileHandle file;
    uint64_t number = 0;
    uint64_t marker = 0;
    uint64_t size = 0;
    bool is_dirty = false;  // appended to since it was synced last
  };

  Journal(JournalSettings settings, FileHandle lock);
  Result<std::shared_ptr<ActiveSegment>> begin_segment(uint64_t number) const;
  Result<void> write_header(ActiveSegment& segment) const;
  Result<void> maintain();
  void work();

  const JournalSettings settings_;
  const FileHandle lock_;  // flock(2) on it: one process at a time

  mutable std::mutex mutex_;
  std::shared_ptr<ActiveSegment> active_;  // guarded by mutex_, what it points to as well
  std::optional<Error> sync_error_;        // guarded by mutex_

  std::mutex maintenance_;  // one of sync(), rotate() at a time; taken before mutex_

  std::mutex stop_mutex_;
  std::condition_variable wake_;
  bool stop_ = false;  // guarded by stop_mutex_
  std::thread thread_;
};

}  // namespace ferry
