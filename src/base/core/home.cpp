#include "base/core/home.h"

#include <cstdlib>
#include <string>

#include <pwd.h>
#include <unistd.h>

namespace ferry {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::filesystem::path user_home() {
  if (std::string home = environment("HOME"); !home.empty()) return home;
  const struct passwd* entry = ::getpwuid(::getuid());
  return entry == nullptr || entry->pw_dir == nullptr ? std::filesystem::path()
                                                      : std::filesystem::path(entry->pw_dir);
}

}  // namespace

std::filesystem::path ferry_home() {
  if (std::string home = environment("FERRY_HOME"); !home.empty()) return home;
  const std::filesystem::path user = user_home();
  return user.empty() ? user : user / ".ferry";
}

}  // namespace ferry
