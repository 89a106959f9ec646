#pragma once
// Finds stop strings in a growing text, and holds back what may turn out to be the beginning of one.

#include <string>
#include <string_view>
#include <vector>

namespace ferry {

class StopStrings {
 public:
  // Empty strings are ignored.
  explicit StopStrings(std::vector<std::string> stops);

  struct Release {
    std::string text;      // safe to show now
    bool stopped = false;  // a stop string followed that text; nothing more will come
  };
  Release push(std::string_view text);
  // What is still held back, when the text ends without a stop string.
  std::string finish();

 private:
  size_t longest_beginning() const;

  std::vector<std::string> stops_;
  std::string held_;
};

}  // namespace ferry
