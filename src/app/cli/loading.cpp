#include "app/cli/loading.h"

#include <algorithm>

namespace ferry::cli {
namespace {

constexpr std::chrono::seconds kPatience(1);
constexpr int kBarWidth = 30;
constexpr std::string_view kEraseLine = "\r\x1b[K";

}  // namespace

ProgressLine::ProgressLine(Console& console, std::string what) : console_(console), what_(std::move(what)) {}

ProgressLine::~ProgressLine() {
  if (shown_percent_ >= 0) console_.err << kEraseLine << std::flush;
}

void ProgressLine::update(double part) {
  if (!console_.err_is_terminal || std::chrono::steady_clock::now() - begin_ < kPatience) return;
  const int percent = static_cast<int>(std::clamp(part, 0.0, 1.0) * 100);
  if (percent == shown_percent_) return;
  shown_percent_ = percent;
  const int filled = percent * kBarWidth / 100;
  console_.err << fmt::format("{}{} [{:=<{}}{:{}}] {}%", kEraseLine, what_, "", filled, "",
                              kBarWidth - filled, percent)
               << std::flush;
}

std::filesystem::path packed_folder() {
  return HubFolders::from_environment().home / "cache";
}

Result<std::shared_ptr<HostedModel>> load_with_progress(const LocalModel& model, const HostSettings& settings,
                                                        Console& console) {
  HostSettings with_paths = settings;
  with_paths.engine.packed_folder = packed_folder();
  if (!settings.engine.draft.empty()) {
    FERRY_TRY(const LocalModel draft, resolve_model(settings.engine.draft, HubFolders::from_environment()));
    with_paths.engine.draft = draft.path.string();
  }
  ProgressLine line(console, "Loading " + model.name);
  return load_model(model, with_paths, [&](double part) { line.update(part); });
}

}  // namespace ferry::cli
