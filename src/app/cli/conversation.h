#pragma once
// What has been said in a chat, and the file that keeps it.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "serve/dialects/exchange.h"

namespace ferry::cli {

ChatMessage plain_message(std::string role, std::string text);

class Conversation {
 public:
  const std::string& system() const { return system_; }
  void set_system(std::string text) { system_ = std::move(text); }

  // The turns after the system message, the user's and the assistant's.
  const std::vector<ChatMessage>& turns() const { return turns_; }
  void add(std::string role, std::string text) {
    turns_.push_back(plain_message(std::move(role), std::move(text)));
  }
  void drop_last() { turns_.pop_back(); }
  void clear() { turns_.clear(); }

  // All messages, the system's first where there is one.
  std::vector<ChatMessage> messages() const;

  // {"messages": [{"role": ..., "content": ...}]}: what an API request has, too.
  Result<void> save(const std::filesystem::path& file) const;
  // Replaces everything; a bad file changes nothing.
  Result<void> load(const std::filesystem::path& file);

 private:
  std::string system_;  // empty: none
  std::vector<ChatMessage> turns_;
};

}  // namespace ferry::cli
