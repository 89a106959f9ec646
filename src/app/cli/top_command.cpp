#include <cerrno>
#include <cstdlib>
#include <deque>
#include <thread>

#include <poll.h>
#include <unistd.h>

#include "app/cli/screen.h"
#include "app/cli/signals.h"
#include "app/cli/top_source.h"
#include "app/cli/top_text.h"
#include "app/cli/verbs.h"

namespace ferry::cli {
namespace {

constexpr std::string_view kDefaultUrl = "http://127.0.0.1:8080";
constexpr Duration kWindow = std::chrono::seconds(10);  // that rates are of, so that they do not jump
constexpr double kMostInterval = 3600;                  // seconds

// A signal that is to end the program, or the key q, within the time.
bool ends_within(Duration time, bool has_keys) {
  const auto end = std::chrono::steady_clock::now() + time;
  for (;;) {
    pollfd waiting[] = {{signal_descriptor(), POLLIN, 0}, {has_keys ? STDIN_FILENO : -1, POLLIN, 0}};
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    const int ready = ::poll(waiting, 2, static_cast<int>(std::max<int64_t>(left, 0)));
    if (ready == 0) return false;
    if (ready < 0 && errno != EINTR) return true;
    if (ready < 0) continue;
    if (waiting[0].revents != 0) return true;
    char key = 0;
    if (::read(STDIN_FILENO, &key, 1) != 1) has_keys = false;  // nobody is there any more
    if (key == 'q') return true;
  }
}

class TopCommand final : public Command {
 public:
  Declaration declare() override {
    return {
        .about =
            "Shows what a gateway does at the moment: by route, by target, and the keys that spend most. "
            "It reads GET /metrics of a server that was started with routes. Rates and percentiles (50 "
            "and 99 %; FIRST is the time to the first token, TOTAL to the end of answers that ended "
            "well) are of the last 10 seconds, SPENT of the time since the server's start. On a terminal "
            "Ctrl-C or q ends it; elsewhere it prints one table after the other.",
        .examples = "ferry top\nferry top --url https://gateway.example --key $ADMIN_KEY\nferry top --once",
        .options = {{"--url", &url_, "the server (http://127.0.0.1:8080)"},
                    {"--key", &key_, "an API key that may see the metrics (FERRY_API_KEY)"},
                    {"--interval", &interval_, "seconds between two looks (1)"},
                    {"--once", &once_, "print one table, of one interval, and end"}}};
  }

  Result<int> run(Console& console) override;

 private:
  Result<int> show_once(Console& console, TopSource& source);
  Result<int> show(Console& console, TopSource& source);
  void note(TopReading reading);
  std::vector<std::string> lines(TopSize size) const;

  std::string url_{kDefaultUrl};
  std::string key_;
  std::optional<double> interval_;
  bool once_ = false;
  Duration pause_{0};
  std::deque<TopReading> readings_;  // the oldest first: as far back as the window goes
};

Result<int> TopCommand::run(Console& console) {
  const double interval = interval_.value_or(1);
  if (!(interval >= 0.1 && interval <= kMostInterval)) {
    return fail(ErrorCode::invalid_argument, "--interval must be 0.1 to {} seconds", kMostInterval);
  }
  pause_ = Duration(static_cast<int64_t>(interval * 1000));
  if (const char* variable = std::getenv("FERRY_API_KEY"); key_.empty() && variable != nullptr) {
    const std::string_view keys(variable);  // the server's setting is a list
    key_ = keys.substr(0, keys.find(','));
  }
  FERRY_TRY(const auto source, TopSource::open(url_, key_));
  return once_ ? show_once(console, *source) : show(console, *source);
}

Result<int> TopCommand::show_once(Console& console, TopSource& source) {
  const auto never = [] { return false; };
  FERRY_TRY(TopReading first, source.read(never));
  note(std::move(first));
  std::this_thread::sleep_for(pause_);
  FERRY_TRY(TopReading second, source.read(never));
  note(std::move(second));
  const int columns = console.out_is_terminal ? screen_size().columns : TopSize().columns;
  console.out << fmt::format("{}\n", fmt::join(lines({.columns = columns}), "\n"));
  return 0;
}

Result<int> TopCommand::show(Console& console, TopSource& source) {
  install_signal_handlers();
  defer_signals();
  const auto ended = [] { return ends_within(Duration(0), false); };
  FERRY_TRY(TopReading first, source.read(ended));  // a wrong address or key is told at once
  note(std::move(first));
  const bool has_keys = console.in_is_terminal && console.out_is_terminal;
  std::optional<Screen> screen;
  if (console.out_is_terminal) screen.emplace(console.out);
  while (!ends_within(pause_, has_keys) && console.out.good()) {
    auto reading = source.read(ended);
    if (ended()) break;
    std::string trouble;
    if (reading) {
      note(*std::move(reading));
    } else {
      trouble = reading.error().message;
    }
    const ScreenSize size = screen_size();
    std::vector<std::string> shown =
        lines(screen ? TopSize{.columns = size.columns, .lines = size.lines} : TopSize());
    if (!trouble.empty())
      shown.front() = plain_text("ferry top  " + trouble, static_cast<size_t>(size.columns));
    if (screen) {
      screen->draw(shown);
    } else {
      console.out << fmt::format("{}\n\n", fmt::join(shown, "\n")) << std::flush;
    }
  }
  return 0;
}

// Of those that are older than the window one is kept: where its rates begin.
void TopCommand::note(TopReading reading) {
  readings_.push_back(std::move(reading));
  while (readings_.size() > 2 && readings_.back().time - readings_[1].time >= kWindow) readings_.pop_front();
}

std::vector<std::string> TopCommand::lines(TopSize size) const {
  return top_lines(frame_between(readings_.front(), readings_.back()), url_, size);
}

}  // namespace

std::unique_ptr<Command> make_top_command() {
  return std::make_unique<TopCommand>();
}

}  // namespace ferry::cli
