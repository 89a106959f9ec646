#pragma once
// The gateway's door to the record.
//
// What is acknowledged is with the operating system: `kill -9` loses none of it. A power cut loses at most
// what was acknowledged in the last `sync_interval`. docs/traffic.md has the guarantees and the formats.

#include <filesystem>
#include <memory>
#include <string>

#include "base/core/result.h"
#include "base/settings/units.h"
#include "serve/traffic/records.h"

namespace ferry {

class TrafficStore;

struct RecorderSettings {
  std::filesystem::path data_dir;  // is created; one recorder at a time holds it
  // Where an intent cannot be written (disk full, read-only): false refuses the exchange, true lets it happen
  // unrecorded, counted and logged.
  bool allow_unrecorded = false;
  Duration sync_interval{50};    // between two fsyncs of the journal
  Duration carry_interval{100};  // between two transactions that carry the journal into the store
  ByteSize segment_size{uint64_t{64} << 20};
  Duration segment_retention{0};               // how long segments stay after they were carried
  ByteSize content_queue{uint64_t{64} << 20};  // contents on their way to the journal; more are dropped
  std::string content_key = {};  // 64 hexadecimal digits: contents and feedback are sealed; empty: not
};

struct RecorderStats {
  uint64_t intents = 0;
  uint64_t outcomes = 0;
  uint64_t unrecorded = 0;        // intents that could not be written
  uint64_t waiting_outcomes = 0;  // could not be written yet
  uint64_t lost_outcomes = 0;     // could not be kept waiting: their intents count as unknown
  uint64_t dropped_contents = 0;  // the queue was full, or they could not be written
  uint64_t corrupt_bytes = 0;     // of the journal, skipped while carrying
  uint64_t carried_records = 0;
  uint64_t carry_failures = 0;  // transactions that failed; the journal keeps their records
};

// Any thread may call anything.
class Recorder {
 public:
  // Carries what an earlier run left behind, then begins a new segment: balances read afterwards are
  // complete. Errors: io (folder, disk), resource_exhausted (another process holds the folder), corrupt (the
  // database), invalid_argument (content_key).
  static Result<std::unique_ptr<Recorder>> open(const RecorderSettings& settings);
  // Writes, syncs and carries what is there.
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // One write(2). An error (`io`) means that nothing may be sent.
  Result<void> intent(const Intent& intent);
  // One write(2). Where it fails the outcome waits in memory and is tried again.
  void outcome(const Outcome& outcome);
  // Queued: written by another thread some milliseconds later, so not covered by the promise above.
  void content(Content content);
  // One write(2).
  Result<void> feedback(const Feedback& feedback);
  Result<void> config_change(const ConfigChange& change);

  // Returns when all that was acknowledged before the call can be read from the store. For tests and tools.
  Result<void> flush();

  RecorderStats stats() const;
  // Reads wait for SQLite: not on network threads.
  TrafficStore& store();

 private:
  struct Parts;
  explicit Recorder(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace ferry
