#pragma once
// The gateway's door to the record.
//
// What is acknowledged is with the operating system: `kill -9` loses none of it. A power cut loses at most
// what was acknowledged in the last `journal_sync_interval`. docs/traffic.md has the guarantees and the
// formats.

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "base/core/result.h"
#include "base/settings/units.h"
#include "serve/traffic/records.h"

namespace ferry {

class TrafficStore;

struct RecorderSettings {
  bool allow_unrecorded = false;
  Duration journal_sync_interval{50};
  ByteSize journal_segment_size{uint64_t{64} << 20};
  Duration journal_retention{0};
  ByteSize content_queue{uint64_t{64} << 20};
  Duration content_retention{std::chrono::hours(24 * 30)};
  std::string content_key;
  std::filesystem::path content_key_file;

  template <class V>
  void visit(V& v) {
    v("allow_unrecorded", allow_unrecorded,
      "where an exchange cannot be recorded (the disk is full): false refuses it, true lets it happen");
    v("journal_sync_interval", journal_sync_interval, "how much of the record a power cut may take")
        .range(1, 60'000);
    v("journal_segment_size", journal_segment_size, "size of the journal's files").range(1 << 12, 1ULL << 32);
    v("journal_retention", journal_retention,
      "how long the journal's files stay after the database has them");
    v("content_queue", content_queue, "memory for texts on their way to the journal; more are not recorded");
    v("content_retention", content_retention,
      "how long texts of exchanges are kept, where a route does not say");
    v("content_key", content_key, "64 hexadecimal digits: texts of exchanges are encrypted with it").secret();
    v("content_key_file", content_key_file, "the same in a file");
  }
};

struct RecorderStats {
  uint64_t intents = 0;
  uint64_t outcomes = 0;
  uint64_t unrecorded = 0;        // intents that could not be written
  uint64_t waiting_outcomes = 0;  // that could not be written yet: now
  uint64_t lost_outcomes = 0;     // there was no room to wait: their intents count as unknown
  uint64_t dropped_contents = 0;  // the queue was full, or they could not be written
  uint64_t damaged_bytes = 0;     // of the journal, skipped while carrying
  uint64_t carried_records = 0;
  uint64_t failed_carries = 0;  // transactions; the journal keeps their records
};

// Any thread may call anything.
class Recorder {
 public:
  // Begins a new segment of the journal and carries what an earlier run left behind: balances that are read
  // afterwards are complete. Errors: io and resource_exhausted (folder, disk, another process records there),
  // corrupt (the database), invalid_argument (the content key).
  static Result<std::unique_ptr<Recorder>> open(const std::filesystem::path& data_dir,
                                                const RecorderSettings& settings);
  // Writes, carries and syncs what is there.
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // One write(2), before anything is sent. An error (resource_exhausted, io) means that nothing may be sent;
  // there is none where `allow_unrecorded` is set.
  Result<void> intent(const Intent& intent);
  // One write(2). Where it fails the outcome waits in memory and is tried again.
  void outcome(const Outcome& outcome);
  // Queued: written by another thread within some 100 ms, and so not covered by the promise above.
  void content(Content content);
  // One write(2), of a text that may be long: not for network threads.
  Result<void> feedback(const Feedback& feedback);
  Result<void> config_change(const ConfigChange& change);

  // How long each route's texts are kept; others as the setting says. Zero: until they are erased by hand.
  void set_content_retention(std::map<std::string, Duration> by_route);

  // Returns when all that was acknowledged before can be read from the store. Waits for the disk.
  Result<void> flush();

  RecorderStats stats() const;
  // Reads wait for SQLite: not for network threads.
  TrafficStore& store();

 private:
  class Impl;
  explicit Recorder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ferry
