#pragma once
// Finds stop strings in a growing text, and holds back what may turn out to be the beginning of one.
//
// The stop string that ends first wins, and of several that end at the same place the longest: what comes out
// does not depend on how the text is cut into pieces.

#include <string>
#include <string_view>
#include <vector>

namespace ferry {

class StopStrings {
 public:
  // Empty strings are ignored. `include`: the stop string is shown too.
  explicit StopStrings(std::vector<std::string> stops, bool include = false);

  struct Release {
    std::string text;      // safe to show now
    bool stopped = false;  // a stop string followed that text; nothing more will come
    std::string stop;      // which one
  };
  // may_stop: whether a stop string that ends in this piece counts.
  Release push(std::string_view text, bool may_stop = true);
  // What is still held back, when the text ends without a stop string.
  std::string finish();

 private:
  struct Match {
    size_t begin = std::string::npos;
    size_t end = std::string::npos;
    size_t stop = 0;
  };

  Match first_match() const;
  size_t longest_beginning() const;

  std::vector<std::string> stops_;
  bool include_;
  std::string held_;
  size_t passed_ = 0;  // bytes of held_ in which no stop string may end
};

}  // namespace ferry
