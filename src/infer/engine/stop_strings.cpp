#include "infer/engine/stop_strings.h"

#include <algorithm>
#include <utility>

namespace ferry {

StopStrings::StopStrings(std::vector<std::string> stops, bool include)
    : stops_(std::move(stops)), include_(include) {
  std::erase_if(stops_, [](const std::string& stop) { return stop.empty(); });
}

StopStrings::Release StopStrings::push(std::string_view text, bool may_stop) {
  held_.append(text);
  if (!may_stop) passed_ = held_.size();
  if (const Match match = first_match(); match.end != std::string::npos) {
    Release release{held_.substr(0, include_ ? match.end : match.begin), true, stops_[match.stop]};
    held_.clear();
    return release;
  }
  const size_t keep = longest_beginning();
  const size_t released = held_.size() - keep;
  Release release{held_.substr(0, released), false, {}};
  held_.erase(0, released);
  passed_ -= std::min(passed_, released);
  return release;
}

std::string StopStrings::finish() {
  return std::exchange(held_, {});
}

StopStrings::Match StopStrings::first_match() const {
  Match first;
  for (size_t i = 0; i < stops_.size(); ++i) {
    const size_t size = stops_[i].size();
    const size_t from = passed_ >= size ? passed_ - size + 1 : 0;
    const size_t begin = held_.find(stops_[i], from);
    if (begin == std::string::npos) continue;
    const Match match{begin, begin + size, i};
    if (match.end < first.end || (match.end == first.end && match.begin < first.begin)) first = match;
  }
  return first;
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
