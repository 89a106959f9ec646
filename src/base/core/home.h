#pragma once

#include <filesystem>

namespace ferry {

// Where Ferry keeps what is the user's: FERRY_HOME, or ~/.ferry where it is not set. Empty where there is no
// home either.
std::filesystem::path ferry_home();

}  // namespace ferry
