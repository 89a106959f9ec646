#pragma once
// Vendors repeat in their complaints what they were sent, keys included: nobody else may read those.

#include <string>
#include <vector>

namespace ferry {

class HiddenSecrets {
 public:
  // Of fewer than eight bytes none is a secret; they would be found in plain words.
  explicit HiddenSecrets(std::vector<std::string> secrets);

  // The text with each of them replaced by "[hidden]".
  std::string hide(std::string text) const;

 private:
  std::vector<std::string> secrets_;  // the longer first: one may begin as another
};

}  // namespace ferry
