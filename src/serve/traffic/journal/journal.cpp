#include "serve/traffic/journal/journal.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>

#include "base/observe/log.h"
#include "serve/traffic/records.h"

namespace ferry {
namespace fs = std::filesystem;
namespace {

Result<FileHandle> lock_folder(const fs::path& folder) {
  constexpr int kTries = 20;
  constexpr Duration kPause{50};
  for (int i = 0; i < kTries; ++i) {
    FERRY_TRY(std::optional<FileHandle> lock, try_lock_journal(folder));
    if (lock) return *std::move(lock);
    std::this_thread::sleep_for(kPause);
  }
  return fail(ErrorCode::resource_exhausted,
              "{}: another process records here; stop it, or give this one a data directory of its own",
              folder.string());
}

Result<uint64_t> random_marker() {
  uint64_t marker = 0;
  if (::getrandom(&marker, sizeof marker, 0) == sizeof marker) return marker;
  return fail(ErrorCode::io, "the system gives no random numbers");
}

// The newest segment is the only one that a crash can have torn: the others were complete before it was
// begun.
Result<uint64_t> cut_last_segment(const fs::path& folder, const std::vector<uint64_t>& numbers) {
  if (numbers.empty()) return 0;
  const fs::path path = segment_path(folder, numbers.back());
  FERRY_TRY(const uint64_t cut, cut_torn_tail(path));
  if (cut > 0) {
    log_warning("the journal ended in the middle of a record, which was cut off",
                {{"segment", path.string()}, {"bytes", cut}});
  }
  return numbers.back();
}

// Cutting it where it ends gives back the space that was reserved.
Result<void> end_segment(FileHandle& file, uint64_t size) {
  FERRY_TRY_VOID(file.truncate(size));
  return file.sync();
}

}  // namespace

Result<std::optional<FileHandle>> try_lock_journal(const fs::path& folder) {
  FERRY_TRY(FileHandle lock, FileHandle::open(folder / "lock", O_RDWR | O_CREAT));
  if (::flock(lock.fd(), LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) return std::nullopt;
  return fail(ErrorCode::io, "{}: cannot be locked: {}", lock.path().string(), std::strerror(errno));
}

Journal::Journal(JournalSettings settings, FileHandle lock)
    : settings_(std::move(settings)), lock_(std::move(lock)) {}

Result<std::unique_ptr<Journal>> Journal::open(const JournalSettings& settings) {
  std::error_code error;
  fs::create_directories(settings.folder, error);
  if (error) return fail(ErrorCode::io, "{}: cannot create: {}", settings.folder.string(), error.message());
  FERRY_TRY(FileHandle lock, lock_folder(settings.folder));
  FERRY_TRY(const std::vector<uint64_t> numbers, list_segments(settings.folder));
  FERRY_TRY(const uint64_t last, cut_last_segment(settings.folder, numbers));
  std::unique_ptr<Journal> journal(new Journal(settings, std::move(lock)));
  FERRY_TRY(journal->active_, journal->begin_segment(std::max(last + 1, settings.first_segment)));
  journal->thread_ = std::thread([&journal = *journal] { journal.work(); });
  return journal;
}

Journal::~Journal() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(stop_mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
  const Result<void> ended = end_segment(active_->file, active_->size);
  if (!ended) log_error("the journal's end is not safe", {{"error", ended.error().message}});
}

Result<std::shared_ptr<Journal::ActiveSegment>> Journal::begin_segment(uint64_t number) const {
  const fs::path path = segment_path(settings_.folder, number);
  FERRY_TRY(FileHandle file, FileHandle::open(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL));
  auto segment = std::make_shared<ActiveSegment>(ActiveSegment{.file = std::move(file), .number = number});
  if (auto written = write_header(*segment); !written) {
    std::error_code ignored;
    fs::remove(path, ignored);  // so that it can be tried again
    return tl::unexpected<Error>(std::move(written).error());
  }
  return segment;
}

Result<void> Journal::write_header(ActiveSegment& segment) const {
  FERRY_TRY_VOID(segment.file.preallocate(settings_.segment_size.bytes));
  FERRY_TRY(segment.marker, random_marker());
  const std::string header = segment_header(segment.number, unix_now_us(), segment.marker);
  FERRY_TRY_VOID(segment.file.append(header, 0));
  segment.size = header.size();
  FERRY_TRY_VOID(segment.file.sync());
  return sync_folder(settings_.folder);
}

Result<void> Journal::append(std::string& frame) {
  const std::lock_guard lock(mutex_);
  if (sync_error_) return tl::unexpected<Error>(*sync_error_);
  stamp_frame(frame, active_->marker);
  FERRY_TRY_VOID(active_->file.append(frame, active_->size));
  active_->size += frame.size();
  active_->is_dirty = true;
  return {};
}

uint64_t Journal::active_segment() const {
  const std::lock_guard lock(mutex_);
  return active_->number;
}

Result<void> Journal::sync() {
  const std::lock_guard one(maintenance_);
  std::shared_ptr<ActiveSegment> segment;
  {
    const std::lock_guard lock(mutex_);
    if (!active_->is_dirty) return {};
    active_->is_dirty = false;
    segment = active_;
  }
  return segment->file.sync();  // appending goes on meanwhile
}

Result<void> Journal::rotate() {
  const std::lock_guard one(maintenance_);
  FERRY_TRY(std::shared_ptr<ActiveSegment> next, begin_segment(active_segment() + 1));
  {
    const std::lock_guard lock(mutex_);
    active_.swap(next);
  }
  return end_segment(next->file, next->size);  // the old one, and nobody's but ours
}

// What could not be synced is not safe, and the next fsync would not say so (the kernel reports an error
// once): nothing is taken until there is a fresh segment.
Result<void> Journal::maintain() {
  bool is_full = false;
  bool has_failed = false;
  {
    const std::lock_guard lock(mutex_);
    is_full = active_->size >= settings_.segment_size.bytes;
    has_failed = sync_error_.has_value();
  }
  FERRY_TRY_VOID(sync());
  return is_full || has_failed ? rotate() : Result<void>{};
}

void Journal::work() {
  std::unique_lock stopping(stop_mutex_);
  while (!wake_.wait_for(stopping, settings_.sync_interval, [this] { return stop_; })) {
    stopping.unlock();
    const Result<void> done = maintain();
    bool is_news = false;
    {
      const std::lock_guard lock(mutex_);
      is_news = done.has_value() == sync_error_.has_value();
      sync_error_ = done ? std::nullopt : std::optional(done.error());
    }
    if (is_news && !done) log_error("the journal cannot be synced", {{"error", done.error().message}});
    if (is_news && done) log_info("the journal can be synced again");
    stopping.lock();
  }
}

}  // namespace ferry
