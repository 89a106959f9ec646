#include "serve/traffic/recorder.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/observe/log.h"
#include "serve/traffic/data_folder.h"
#include "serve/traffic/journal/journal.h"
#include "serve/traffic/record_frame.h"
#include "serve/traffic/sealing.h"
#include "serve/traffic/store.h"
#include "serve/traffic/store/carrier.h"
#include "serve/traffic/store/erasure.h"

namespace ferry {
namespace fs = std::filesystem;
namespace {

constexpr Duration kCarryInterval{100};
constexpr std::chrono::hours kTidyInterval{1};
constexpr size_t kMostWaitingOutcomes = 10'000;
constexpr size_t kKeptFrameBytes = size_t{64} << 10;

// One for each thread, so that a record costs no allocation.
std::string& thread_frame() {
  thread_local std::string frame;
  if (frame.capacity() > kKeptFrameBytes) frame = {};
  return frame;
}

size_t size_of(const Content& content) {
  return sizeof content + content.route.size() + content.request.size() + content.answer.size();
}

template <class Record>
Result<std::string> sealed_frame(RecordKind kind, const Record& record, const std::optional<Sealer>& sealer) {
  const std::string open = encode_open(record, sealer ? sealer->mark() : 0);
  std::string personal = encode_personal(record);
  if (sealer) {
    FERRY_TRY(personal, sealer->seal(personal, open));
  }
  std::string frame;
  FERRY_TRY_VOID(build_frame(kind, open, personal, frame));
  return frame;
}

}  // namespace

class Recorder::Impl {
 public:
  static Result<std::unique_ptr<Impl>> open(const fs::path& data_dir, const RecorderSettings& settings);
  ~Impl();

  Result<void> intent(const Intent& intent);
  void outcome(const Outcome& outcome);
  void content(Content content);
  Result<void> feedback(const Feedback& feedback);
  Result<void> config_change(const ConfigChange& change);
  void set_content_retention(std::map<std::string, Duration> by_route);
  Result<void> step();
  RecorderStats stats() const;
  TrafficStore& store() { return *store_; }

 private:
  explicit Impl(const RecorderSettings& settings) : settings_(settings) {
    retention_.others = settings.content_retention;
  }
  Result<void> append(std::string& frame);
  void tell_change(const Result<void>& written);
  void keep_waiting(std::string frame);
  void write_waiting_outcomes();
  void write_contents();
  void write_content(const Content& content);
  Result<void> forget_if_asked();
  Result<void> carry();
  Result<void> drop_old_contents();
  void tidy();
  void work();

  const RecorderSettings settings_;
  fs::path journal_folder_;
  std::optional<Sealer> sealer_;
  std::unique_ptr<TrafficStore> store_;
  std::unique_ptr<Carrier> carrier_;     // guarded by step_mutex_
  std::optional<Database> tidy_access_;  // guarded by step_mutex_
  std::unique_ptr<Journal> journal_;
  std::atomic<uint64_t> appended_ = 0;

  mutable std::mutex queue_mutex_;
  std::deque<Content> contents_;              // guarded by queue_mutex_
  size_t content_bytes_ = 0;                  // the same
  std::deque<std::string> waiting_outcomes_;  // the same; frames
  ContentRetention retention_;                // the same
  std::atomic<bool> is_failing_ = false;      // the last intent could not be written

  std::mutex step_mutex_;
  uint64_t carried_ = UINT64_MAX;  // appended_ when the journal was carried last; guarded by step_mutex_
  std::optional<std::chrono::steady_clock::time_point> tidied_;  // the same

  std::atomic<uint64_t> intents_ = 0;
  std::atomic<uint64_t> outcomes_ = 0;
  std::atomic<uint64_t> unrecorded_ = 0;
  std::atomic<uint64_t> lost_outcomes_ = 0;
  std::atomic<uint64_t> dropped_contents_ = 0;
  std::atomic<uint64_t> damaged_bytes_ = 0;
  std::atomic<uint64_t> carried_records_ = 0;
  std::atomic<uint64_t> failed_carries_ = 0;

  std::mutex stop_mutex_;
  std::condition_variable wake_;
  bool stop_ = false;  // guarded by stop_mutex_
  std::thread thread_;
};

Result<std::unique_ptr<Recorder::Impl>> Recorder::Impl::open(const fs::path& data_dir,
                                                             const RecorderSettings& settings) {
  std::unique_ptr<Impl> impl(new Impl(settings));
  FERRY_TRY(impl->sealer_, content_sealer(settings.content_key, settings.content_key_file));
  impl->journal_folder_ = journal_folder(data_dir);
  FERRY_TRY(impl->store_, TrafficStore::open(data_dir));
  FERRY_TRY(impl->tidy_access_, open_traffic_database(data_dir));
  FERRY_TRY(impl->carrier_, Carrier::open(data_dir, impl->journal_folder_));
  FERRY_TRY(const uint64_t reached, impl->carrier_->reached_segment());
  FERRY_TRY(impl->journal_, Journal::open({.folder = impl->journal_folder_,
                                           .segment_size = settings.journal_segment_size,
                                           .sync_interval = settings.journal_sync_interval,
                                           .first_segment = reached + 1}));
  FERRY_TRY_VOID(impl->step());
  impl->thread_ = std::thread([&self = *impl] { self.work(); });
  return impl;
}

Recorder::Impl::~Impl() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(stop_mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
  const Result<void> done = step();
  if (!done) log_error("the record's end stays in the journal", {{"error", done.error().message}});
  const uint64_t waiting = stats().waiting_outcomes;
  if (waiting > 0) log_error("outcomes could not be recorded", {{"count", waiting}});
}

Result<void> Recorder::Impl::append(std::string& frame) {
  FERRY_TRY_VOID(journal_->append(frame));
  appended_.fetch_add(1, std::memory_order_relaxed);
  return {};
}

Result<void> Recorder::Impl::intent(const Intent& intent) {
  std::string& frame = thread_frame();
  Result<void> written = build_frame(intent, frame);
  if (written) written = append(frame);
  if (is_failing_.load(std::memory_order_relaxed) == written.has_value()) tell_change(written);
  if (written) {
    intents_.fetch_add(1, std::memory_order_relaxed);
    return {};
  }
  unrecorded_.fetch_add(1, std::memory_order_relaxed);
  if (settings_.allow_unrecorded) return {};
  return written;
}

// Once for each time that it begins or ends, give or take a race.
void Recorder::Impl::tell_change(const Result<void>& written) {
  is_failing_.store(!written, std::memory_order_relaxed);
  if (written) {
    log_info("exchanges are recorded again");
  } else if (settings_.allow_unrecorded) {
    log_error("exchanges go on unrecorded", {{"error", written.error().message}});
  } else {
    log_error("exchanges are refused, because they cannot be recorded", {{"error", written.error().message}});
  }
}

void Recorder::Impl::outcome(const Outcome& outcome) {
  std::string& frame = thread_frame();
  if (const auto built = build_frame(outcome, frame); !built) {
    log_error("an outcome cannot be recorded", {{"error", built.error().message}});
    lost_outcomes_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  outcomes_.fetch_add(1, std::memory_order_relaxed);
  if (!append(frame)) keep_waiting(frame);
}

void Recorder::Impl::keep_waiting(std::string frame) {
  const std::lock_guard lock(queue_mutex_);
  if (waiting_outcomes_.size() < kMostWaitingOutcomes) {
    waiting_outcomes_.push_back(std::move(frame));
  } else {
    lost_outcomes_.fetch_add(1, std::memory_order_relaxed);
  }
}

void Recorder::Impl::write_waiting_outcomes() {
  std::deque<std::string> waiting;
  {
    const std::lock_guard lock(queue_mutex_);
    waiting.swap(waiting_outcomes_);
  }
  for (std::string& frame : waiting) {
    if (!append(frame)) keep_waiting(std::move(frame));
  }
}

void Recorder::Impl::content(Content content) {
  const size_t bytes = size_of(content);
  const std::lock_guard lock(queue_mutex_);
  if (content_bytes_ + bytes > settings_.content_queue.bytes) {
    dropped_contents_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  content_bytes_ += bytes;
  contents_.push_back(std::move(content));
}

void Recorder::Impl::write_contents() {
  std::deque<Content> contents;
  {
    const std::lock_guard lock(queue_mutex_);
    contents.swap(contents_);
  }
  for (; !contents.empty(); contents.pop_front()) {
    const size_t bytes = size_of(contents.front());
    write_content(contents.front());
    const std::lock_guard lock(queue_mutex_);
    content_bytes_ -= bytes;
  }
}

void Recorder::Impl::write_content(const Content& content) {
  auto frame = sealed_frame(RecordKind::content, content, sealer_);
  Result<void> written = frame ? append(*frame) : tl::unexpected<Error>(frame.error());
  if (written) return;
  if (dropped_contents_.fetch_add(1, std::memory_order_relaxed) == 0) {
    log_error("texts of exchanges cannot be recorded", {{"error", written.error().message}});
  }
}

Result<void> Recorder::Impl::feedback(const Feedback& feedback) {
  FERRY_TRY(std::string frame, sealed_frame(RecordKind::feedback, feedback, sealer_));
  return append(frame);
}

Result<void> Recorder::Impl::config_change(const ConfigChange& change) {
  std::string frame;
  FERRY_TRY_VOID(build_frame(change, frame));
  return append(frame);
}

void Recorder::Impl::set_content_retention(std::map<std::string, Duration> by_route) {
  const std::lock_guard lock(queue_mutex_);
  retention_.by_route = std::move(by_route);
}

// After an erasure nothing of it may stay in the journal's files either.
Result<void> Recorder::Impl::forget_if_asked() {
  FERRY_TRY(const bool asked, take_forget_request(journal_folder_));
  if (!asked) return {};
  FERRY_TRY_VOID(journal_->rotate());
  FERRY_TRY_VOID(carry());
  return carrier_->remove_carried(journal_->active_segment(), Duration(0));
}

Result<void> Recorder::Impl::carry() {
  const uint64_t active = journal_->active_segment();
  const auto report = carrier_->carry(active);
  if (!report) {
    failed_carries_.fetch_add(1, std::memory_order_relaxed);
    return tl::unexpected<Error>(report.error());
  }
  carried_records_.fetch_add(report->records, std::memory_order_relaxed);
  damaged_bytes_.fetch_add(report->damaged_bytes, std::memory_order_relaxed);
  return carrier_->remove_carried(active, settings_.journal_retention);
}

// What is old goes, from the store and from the journal's files.
Result<void> Recorder::Impl::drop_old_contents() {
  ContentRetention retention;
  {
    const std::lock_guard lock(queue_mutex_);
    retention = retention_;
  }
  FERRY_TRY(const uint64_t dropped, drop_expired_contents(*tidy_access_, retention, unix_now_us()));
  if (dropped == 0) return {};
  log_info("old texts of exchanges were erased", {{"count", dropped}});
  FERRY_TRY_VOID(empty_log(*tidy_access_));
  return ask_to_forget(journal_folder_);
}

void Recorder::Impl::tidy() {
  const auto now = std::chrono::steady_clock::now();
  if (tidied_ && now - *tidied_ < kTidyInterval) return;
  tidied_ = now;
  const Result<void> done = drop_old_contents();
  if (!done) log_error("old texts of exchanges cannot be erased", {{"error", done.error().message}});
}

Result<void> Recorder::Impl::step() {
  const std::lock_guard lock(step_mutex_);
  write_waiting_outcomes();
  write_contents();
  FERRY_TRY_VOID(forget_if_asked());
  const uint64_t appended = appended_.load(std::memory_order_relaxed);
  if (appended != carried_) {
    FERRY_TRY_VOID(carry());
    carried_ = appended;
  }
  tidy();
  return {};
}

void Recorder::Impl::work() {
  bool is_failing = false;
  std::unique_lock stopping(stop_mutex_);
  while (!wake_.wait_for(stopping, kCarryInterval, [this] { return stop_; })) {
    stopping.unlock();
    const Result<void> done = step();
    if (!done && !is_failing) {
      log_error("the journal cannot be carried into the database; it keeps growing",
                {{"error", done.error().message}});
    }
    if (done && is_failing) log_info("the journal is carried into the database again");
    is_failing = !done;
    stopping.lock();
  }
}

RecorderStats Recorder::Impl::stats() const {
  const std::lock_guard lock(queue_mutex_);
  return {.intents = intents_,
          .outcomes = outcomes_,
          .unrecorded = unrecorded_,
          .waiting_outcomes = waiting_outcomes_.size(),
          .lost_outcomes = lost_outcomes_,
          .dropped_contents = dropped_contents_,
          .damaged_bytes = damaged_bytes_,
          .carried_records = carried_records_,
          .failed_carries = failed_carries_};
}

Recorder::Recorder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Recorder::~Recorder() = default;

Result<std::unique_ptr<Recorder>> Recorder::open(const fs::path& data_dir, const RecorderSettings& settings) {
  FERRY_TRY(std::unique_ptr<Impl> impl, Impl::open(data_dir, settings));
  return std::unique_ptr<Recorder>(new Recorder(std::move(impl)));
}

Result<void> Recorder::intent(const Intent& intent) {
  return impl_->intent(intent);
}
void Recorder::outcome(const Outcome& outcome) {
  impl_->outcome(outcome);
}
void Recorder::content(Content content) {
  impl_->content(std::move(content));
}
Result<void> Recorder::feedback(const Feedback& feedback) {
  return impl_->feedback(feedback);
}
Result<void> Recorder::config_change(const ConfigChange& change) {
  return impl_->config_change(change);
}
void Recorder::set_content_retention(std::map<std::string, Duration> by_route) {
  impl_->set_content_retention(std::move(by_route));
}
Result<void> Recorder::flush() {
  return impl_->step();
}
RecorderStats Recorder::stats() const {
  return impl_->stats();
}
TrafficStore& Recorder::store() {
  return impl_->store();
}

}  // namespace ferry
