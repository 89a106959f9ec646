#include "infer/engine/stop_strings.h"

#include <algorithm>
#include <utility>

namespace ferry {

StopStrings::StopStrings(std::vector<std::string> stops) : stops_(std::move(stops)) {
  std::erase_if(stops_, [](const std::string& stop) { return stop.empty(); });
}

StopStrings::Release StopStrings::push(std::string_view text) {
  held_.append(text);
  size_t first = std::string::npos;
  for (const std::string& stop : stops_) first = std::min(first, held_.find(stop));
  if (first != std::string::npos) {
    Release release{held_.substr(0, first), true};
    held_.clear();
    return release;
  }
  const size_t keep = longest_beginning();
  Release release{held_.substr(0, held_.size() - keep), false};
  held_.erase(0, held_.size() - keep);
  return release;
}

std::string StopStrings::finish() {
  return std::exchange(held_, {});
}

// The longest end of held_ that a stop string begins with.
size_t StopStrings::longest_beginning() const {
  size_t longest = 0;
  for (const std::string& stop : stops_) {
    for (size_t n = std::min(stop.size() - 1, held_.size()); n > longest; --n) {
      if (std::string_view(held_).ends_with(std::string_view(stop).substr(0, n))) longest = n;
    }
  }
  return longest;
}

}  // namespace ferry
