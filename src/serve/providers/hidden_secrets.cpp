#include "serve/providers/hidden_secrets.h"

#include <algorithm>
#include <string_view>

namespace ferry {
namespace {

constexpr size_t kLeastBytes = 8;
constexpr std::string_view kInstead = "[hidden]";

}  // namespace

HiddenSecrets::HiddenSecrets(std::vector<std::string> secrets) : secrets_(std::move(secrets)) {
  std::erase_if(secrets_, [](const std::string& secret) { return secret.size() < kLeastBytes; });
  std::sort(secrets_.begin(), secrets_.end(),
            [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
}

std::string HiddenSecrets::hide(std::string text) const {
  for (const std::string& secret : secrets_) {
    for (size_t at = 0; (at = text.find(secret, at)) != std::string::npos; at += kInstead.size())
      text.replace(at, secret.size(), kInstead);
  }
  return text;
}

}  // namespace ferry
