#include "base/net/span_sender.h"

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <thread>

#include "base/core/json.h"
#include "base/core/rng.h"
#include "base/net/http_origin.h"
#include "base/net/http_url.h"
#include "base/observe/log.h"
#include "base/observe/otlp_json.h"

namespace ferry {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Duration kBetweenLines = std::chrono::minutes(1);  // of the log
constexpr uint64_t kMostAnswer = 1 << 20;

// How one request ended.
struct Posted {
  bool taken = false;
  bool again = false;        // whether it is worth another try
  Duration pause{0};         // that the collector asks for; 0: none
  uint64_t rejected = 0;     // of its spans, though it was taken
  std::string trouble = {};  // empty: none
};

// Seconds; a date is not looked at, and the pause is then ours.
Duration retry_after(const HttpResponseHead& head) {
  const auto header = head.header("retry-after");
  int64_t seconds = 0;
  if (!header) return Duration(0);
  const auto [end, error] = std::from_chars(header->data(), header->data() + header->size(), seconds);
  const bool whole = error == std::errc() && end == header->data() + header->size();
  return whole ? std::chrono::seconds(std::clamp<int64_t>(seconds, 0, 3600)) : Duration(0);
}

// {"partialSuccess": {"rejectedSpans": "3", "errorMessage": "..."}}; anything else is a whole success.
void read_partial_success(std::string_view body, Posted& posted) {
  const auto answer = parse_json(body, "answer");
  if (!answer || !answer->is_object()) return;
  const json::value* partial = answer->as_object().if_contains("partialSuccess");
  if (partial == nullptr || !partial->is_object()) return;
  if (const json::value* rejected = partial->as_object().if_contains("rejectedSpans")) {
    if (rejected->is_int64())
      posted.rejected = static_cast<uint64_t>(std::max<int64_t>(rejected->as_int64(), 0));
    if (const json::string* text = rejected->if_string()) {
      std::from_chars(text->data(), text->data() + text->size(), posted.rejected);
    }
  }
  if (posted.rejected == 0) return;  // a message is then a hint
  const json::value* message = partial->as_object().if_contains("errorMessage");
  if (message != nullptr && message->is_string()) posted.trouble = std::string(message->get_string());
}

Posted read_answer(const HttpCollectedResult& result) {
  if (!result) {
    return {.again = result.error().kind != HttpFailure::invalid, .trouble = result.error().message};
  }
  const int status = result->head.status;
  Posted posted;
  if (status >= 200 && status < 300) {
    posted.taken = true;
    read_partial_success(result->body, posted);
    return posted;
  }
  posted.again = status == 429 || status == 502 || status == 503 || status == 504;
  posted.pause = retry_after(result->head);
  posted.trouble = fmt::format("the collector answers {}", status);
  return posted;
}

// A request on its way: shared with the network thread that ends it.
struct Flight {
  std::mutex mutex;  // guards what follows
  std::condition_variable landed;
  std::optional<HttpCollectedResult> result;
};

}  // namespace

class SpanSender::Impl {
 public:
  Impl(HttpPool& pool, OtlpTarget target, std::shared_ptr<const HttpOrigin> origin, std::string path,
       const SpanSenderSettings& settings)
      : pool_(pool),
        target_(std::move(target)),
        origin_(std::move(origin)),
        path_(std::move(path)),
        settings_(settings),
        thread_([this] { run(); }) {}
  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      end_ = Clock::now() + settings_.last_words;
    }
    changed_.notify_all();
    thread_.join();
  }

  void add(Span span) {
    const std::lock_guard lock(mutex_);
    if (kept_.size() >= settings_.most_kept) {
      ++stats_.dropped;
      return;
    }
    kept_.push_back(std::move(span));
    if (kept_.size() == settings_.batch) changed_.notify_all();
  }
  Stats stats() const {
    const std::lock_guard lock(mutex_);
    return stats_;
  }

 private:
  void run() {
    for (std::vector<Span> batch = next(); !batch.empty(); batch = next()) deliver(batch);
  }
  // Waits for a whole batch, or for the interval to be over. Empty: it is time to stop, and all is sent.
  std::vector<Span> next();
  void deliver(const std::vector<Span>& batch);
  Posted post(const std::shared_ptr<const std::string>& body);
  bool is_too_late() const;
  // Whether there is time for another try after it.
  bool wait(Duration pause);
  // For the log. Empty: the last batch was taken.
  void tell(const std::string& trouble);

  HttpPool& pool_;
  const OtlpTarget target_;
  const std::shared_ptr<const HttpOrigin> origin_;
  const std::string path_;
  const SpanSenderSettings settings_;

  // Of the thread.
  Rng rng_{std::random_device()()};
  bool in_trouble_ = false;  // and the log says so
  uint64_t lost_ = 0;        // when it was last looked at
  std::optional<Clock::time_point> told_at_;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<Span> kept_;
  Stats stats_;
  bool stopping_ = false;
  Clock::time_point end_ = {};  // once stopping

  std::thread thread_;  // the last: it uses the others
};

std::vector<Span> SpanSender::Impl::next() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, settings_.interval, [&] { return stopping_ || kept_.size() >= settings_.batch; });
  while (kept_.empty() && !stopping_) changed_.wait_for(lock, settings_.interval);
  if (stopping_ && Clock::now() >= end_) {
    stats_.dropped += kept_.size();
    kept_.clear();
  }
  const size_t count = std::min(kept_.size(), settings_.batch);
  std::vector<Span> batch(std::make_move_iterator(kept_.begin()),
                          std::make_move_iterator(kept_.begin() + static_cast<std::ptrdiff_t>(count)));
  kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(count));
  return batch;
}

void SpanSender::Impl::deliver(const std::vector<Span>& batch) {
  const auto body = std::make_shared<const std::string>(otlp_traces_json(target_.service, batch));
  Duration pause = settings_.first_pause;
  Posted posted;
  for (int tries = 1;; ++tries) {
    posted = post(body);
    if (!posted.again || tries >= settings_.tries) break;
    tell(posted.trouble);
    // From half of the pause to all of it, so that many servers do not come back together.
    const auto jittered =
        Duration(static_cast<int64_t>(static_cast<double>(pause.count()) * (0.5 + rng_.uniform() / 2)));
    if (!wait(std::min(std::max(jittered, posted.pause), settings_.most_pause))) break;
    pause = std::min(pause * 2, settings_.most_pause);
  }
  {
    const std::lock_guard lock(mutex_);
    const uint64_t rejected = std::min<uint64_t>(posted.rejected, batch.size());
    if (posted.taken) {
      stats_.sent += batch.size() - rejected;
      stats_.rejected += rejected;
    } else {
      stats_.dropped += batch.size();
    }
  }
  tell(posted.trouble);
}

Posted SpanSender::Impl::post(const std::shared_ptr<const std::string>& body) {
  HttpPoolCall call;
  call.origin = origin_;
  call.target = path_;
  call.headers = target_.headers;
  call.headers.push_back({"Content-Type", "application/json"});
  call.body = body;
  call.deadlines = {.connect = settings_.timeout,
                    .first_byte = settings_.timeout,
                    .idle = settings_.timeout,
                    .total = settings_.timeout};
  call.max_body = kMostAnswer;
  const auto flight = std::make_shared<Flight>();
  HttpCallHandle handle = collect(pool_, std::move(call), [flight](HttpCollectedResult result) {
    const std::lock_guard lock(flight->mutex);
    flight->result = std::move(result);
    flight->landed.notify_all();
  });
  constexpr Duration kLook = std::chrono::milliseconds(50);  // how often the end is looked for
  std::unique_lock lock(flight->mutex);
  while (!flight->landed.wait_for(lock, kLook, [&] { return flight->result.has_value(); })) {
    if (is_too_late()) handle.cancel();
  }
  return read_answer(*flight->result);
}

bool SpanSender::Impl::is_too_late() const {
  const std::lock_guard lock(mutex_);
  return stopping_ && Clock::now() >= end_;
}

bool SpanSender::Impl::wait(Duration pause) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, pause, [&] { return stopping_; });
  return !stopping_;
}

// Once a minute at most, however bad it is.
void SpanSender::Impl::tell(const std::string& trouble) {
  const Stats now = stats();
  const uint64_t lost = now.dropped + now.rejected;
  const bool is_well = trouble.empty() && lost == lost_;
  lost_ = lost;
  if (is_well) {
    if (in_trouble_) log_info("traces arrive again", {{"collector", origin_->name}, {"lost_spans", lost}});
    in_trouble_ = false;
    return;
  }
  if (told_at_ && Clock::now() - *told_at_ < kBetweenLines) return;
  log_warning("traces do not arrive", {{"collector", origin_->name},
                                       {"error", trouble.empty() ? "more spans than can be sent" : trouble},
                                       {"lost_spans", lost}});
  in_trouble_ = true;
  told_at_ = Clock::now();
}

SpanSender::SpanSender(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SpanSender::~SpanSender() = default;

Result<std::unique_ptr<SpanSender>> SpanSender::open(HttpPool& pool, OtlpTarget target,
                                                     const SpanSenderSettings& settings) {
  FERRY_TRY(HttpUrl url, parse_http_url(target.url));
  FERRY_TRY(auto origin, pool.origin({.url = target.url}));
  return std::unique_ptr<SpanSender>(new SpanSender(
      std::make_unique<Impl>(pool, std::move(target), std::move(origin), std::move(url.target), settings)));
}

void SpanSender::add(Span span) {
  impl_->add(std::move(span));
}

SpanSender::Stats SpanSender::stats() const {
  return impl_->stats();
}

void SpanSender::write(MetricsText& text) const {
  const Stats now = stats();
  constexpr std::string_view kName = "ferry_traces_spans_total";
  text.family(kName, "counter", "Spans of traces, by what became of them.");
  text.sample(kName, {{"outcome", "sent"}}, static_cast<double>(now.sent));
  text.sample(kName, {{"outcome", "dropped"}}, static_cast<double>(now.dropped));
  text.sample(kName, {{"outcome", "rejected"}}, static_cast<double>(now.rejected));
}

}  // namespace ferry
