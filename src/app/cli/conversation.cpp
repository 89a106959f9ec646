#include "app/cli/conversation.h"

#include "base/core/file.h"
#include "base/core/json.h"

namespace ferry::cli {
namespace {

constexpr uint64_t kMaxFileBytes = uint64_t{64} << 20;

Result<Conversation> read_conversation(const json::object& document, const std::string& where) {
  FERRY_TRY(const json::array* messages, json_require<const json::array*>(document, "messages", where));
  Conversation read;
  for (size_t i = 0; i < messages->size(); ++i) {
    const std::string place = fmt::format("{}: messages[{}]", where, i);
    const json::object* message = (*messages)[i].if_object();
    if (message == nullptr) return fail(ErrorCode::corrupt, "{} must be an object", place);
    FERRY_TRY(std::string role, json_require<std::string>(*message, "role", place));
    FERRY_TRY(std::string content, json_require<std::string>(*message, "content", place));
    if (role == "system" && i == 0) {
      read.set_system(std::move(content));
    } else if (role == "user" || role == "assistant") {
      read.add(std::move(role), std::move(content));
    } else {
      return fail(ErrorCode::corrupt, "{}: a message of the role \"{}\" cannot stand here", place, role);
    }
  }
  return read;
}

}  // namespace

ChatMessage plain_message(std::string role, std::string text) {
  ChatMessage message;
  message.raw = json::object({{"role", role}, {"content", text}});
  message.role = std::move(role);
  message.content = {{std::move(text)}};
  return message;
}

std::vector<ChatMessage> Conversation::messages() const {
  std::vector<ChatMessage> all;
  if (!system_.empty()) all.push_back(plain_message("system", system_));
  all.insert(all.end(), turns_.begin(), turns_.end());
  return all;
}

Result<void> Conversation::save(const std::filesystem::path& file) const {
  std::string text;
  JsonWriter w(text);
  w.begin_object();
  w.key("messages");
  w.begin_array();
  for (const ChatMessage& message : messages()) w.value(message.raw);
  w.end_array();
  w.end_object();
  return write_file_atomic(file, text + "\n");
}

Result<void> Conversation::load(const std::filesystem::path& file) {
  FERRY_TRY(const std::string text, read_file(file, kMaxFileBytes));
  FERRY_TRY(const json::value document, parse_json(text, file.string()));
  if (!document.is_object()) return fail(ErrorCode::corrupt, "{}: must be a JSON object", file.string());
  FERRY_TRY(*this, read_conversation(document.get_object(), file.string()));
  return {};
}

}  // namespace ferry::cli
