#include "app/cli/answer.h"

#include <condition_variable>
#include <mutex>
#include <optional>

#include "base/core/utf8.h"

namespace ferry::cli {
namespace {

// How soon an interrupt is noticed while nothing comes: a signal cannot wake a condition variable.
constexpr std::chrono::milliseconds kLook(30);

// Between the provider's threads and the one that waits. Outlives whichever ends first.
class Inbox {
 public:
  using Clock = std::chrono::steady_clock;

  void put(const GenerationDelta& delta) {
    const std::lock_guard lock(mutex_);
    piece_.thought += delta.thought;
    piece_.text += delta.text;
    if (!first_text_ && has_piece()) first_text_ = Clock::now();
    changed_.notify_one();
  }
  void finish(Result<Usage> outcome) {
    const std::lock_guard lock(mutex_);
    end_ = Clock::now();
    outcome_ = std::move(outcome);
    changed_.notify_one();
  }
  // What has come since the last call, and the outcome once there is one. Waits a little for either.
  std::pair<AnswerPiece, std::optional<Result<Usage>>> take() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kLook, [&] { return has_piece() || outcome_; });
    return {std::exchange(piece_, {}), outcome_};
  }
  // When the first text and the end came; for after the end.
  std::pair<Clock::time_point, Clock::time_point> times() {
    const std::lock_guard lock(mutex_);
    return {first_text_.value_or(end_), end_};
  }

 private:
  bool has_piece() const { return !piece_.thought.empty() || !piece_.text.empty(); }

  std::mutex mutex_;
  std::condition_variable changed_;
  AnswerPiece piece_;                            // guarded by mutex_
  std::optional<Result<Usage>> outcome_;         // guarded by mutex_
  std::optional<Clock::time_point> first_text_;  // guarded by mutex_
  Clock::time_point end_;                        // guarded by mutex_
};

AnswerSink sink_of(const std::shared_ptr<Inbox>& inbox) {
  return {.started = [] {},
          .delta = [inbox](GenerationDelta delta) { inbox->put(delta); },
          .finished = [inbox](Usage usage) { inbox->finish(usage); },
          .failed = [inbox](ApiError error) { inbox->finish(tl::unexpected(std::move(error.error))); }};
}

}  // namespace

Result<Answered> answer(Provider& provider, GenerationRequest request,
                        FunctionRef<void(const AnswerPiece&)> show, FunctionRef<bool()> wanted) {
  const auto inbox = std::make_shared<Inbox>();
  const Inbox::Clock::time_point begin = Inbox::Clock::now();
  const auto running = provider.generate(std::move(request), sink_of(inbox));
  Answered answered;
  while (true) {
    const auto [piece, outcome] = inbox->take();
    answered.text += piece.text;
    if (!piece.thought.empty() || !piece.text.empty()) show(piece);
    if (outcome) {
      FERRY_TRY(answered.usage, *outcome);
      const auto [first_text, end] = inbox->times();
      answered.to_first_text = first_text - begin;
      answered.total = end - begin;
      return answered;
    }
    if (!wanted()) {
      running->cancel();
      answered.interrupted = true;
      return answered;
    }
  }
}

std::string speed_text(const Answered& answered) {
  const double seconds = (answered.total - answered.to_first_text).count();
  const auto tokens = static_cast<double>(answered.usage.completion_tokens);
  return fmt::format("[{} + {} tokens, first text after {:.2f} s, {:.1f} tokens/s]",
                     answered.usage.prompt_tokens, answered.usage.completion_tokens,
                     answered.to_first_text.count(), seconds > 0 ? tokens / seconds : 0.0);
}

std::string without_controls(std::string_view text) {
  std::string kept;
  for (size_t i = 0; i < text.size();) {
    const Utf8Char c = decode_utf8(text, i);
    const bool is_control = c.code_point < 0x20 || (c.code_point >= 0x7f && c.code_point < 0xa0);
    if (!is_control || c.code_point == '\n' || c.code_point == '\t') kept += text.substr(i, c.bytes);
    i += c.bytes;
  }
  return kept;
}

}  // namespace ferry::cli
