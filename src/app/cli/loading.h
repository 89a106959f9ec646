#pragma once
// Loading models with something to look at meanwhile.

#include <chrono>
#include <memory>
#include <string>

#include "app/cli/console.h"
#include "infer/host/host.h"

namespace ferry::cli {

// A line on a terminal that shows how far something is. It appears only when that takes longer than a second,
// and is gone afterwards.
class ProgressLine {
 public:
  ProgressLine(Console& console, std::string what);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void update(double part);  // 0 to 1

 private:
  Console& console_;
  std::string what_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  int shown_percent_ = -1;
};

// Where packed weights are kept: FERRY_HOME/cache.
std::filesystem::path packed_folder();

// Finds the model by name or path and loads it.
Result<std::shared_ptr<HostedModel>> load_with_progress(const LocalModel& model, const HostSettings& settings,
                                                        Console& console);

}  // namespace ferry::cli
