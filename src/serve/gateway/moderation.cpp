#include "serve/gateway/moderation.h"

namespace ferry {
namespace {

// "unsafe" and the categories' names; a "Yes" with some words about it.
constexpr int64_t kMostTokens = 64;

constexpr std::string_view kUser = "user";
constexpr std::string_view kAssistant = "assistant";

ChatMessage message_of(std::string_view role, const std::string& text) {
  ChatMessage message;
  message.role = role;
  message.content.push_back({.text = text});
  return message;
}

// A conversation in which two take turns, as the chat templates of such models demand it.
class Turns {
 public:
  explicit Turns(std::vector<ChatMessage>& messages) : messages_(messages) {}

  void add(std::string_view role, const std::string& text) {
    if (text.empty()) return;
    // The user has the first word, even where there was none.
    if (!has_begun_ && role != kUser) begin(kUser, "");
    if (has_begun_ && messages_.back().role == role) {
      messages_.back().content.front().text += "\n\n" + text;
    } else {
      begin(role, text);
    }
  }

 private:
  void begin(std::string_view role, const std::string& text) {
    messages_.push_back(message_of(role, text));
    has_begun_ = true;
  }

  std::vector<ChatMessage>& messages_;
  bool has_begun_ = false;
};

std::string calls_text(const std::vector<ToolCall>& calls) {
  std::string text;
  for (const ToolCall& call : calls)
    text += fmt::format("{}{}({})", text.empty() ? "" : "\n", call.name, call.arguments);
  return text;
}

void add_message(const ChatMessage& message, Turns& turns) {
  if (message.role == "system" || message.role == "developer") return;
  const std::string_view role = message.role == kAssistant ? kAssistant : kUser;
  turns.add(role, text_of(message));
  turns.add(role, calls_text(message.tool_calls));
}

}  // namespace

GenerationRequest moderation_request(const ClassifierConfig& classifier, const GenerationRequest& request,
                                     const GenerationChoice& choice) {
  GenerationRequest asked;
  asked.model = classifier.target->model;
  asked.tenant = request.tenant;
  asked.cache_salt = request.cache_salt;
  asked.priority = request.priority;
  asked.prompt.template_arguments = classifier.arguments;
  asked.sampling.temperature = 0;
  asked.stop.max_tokens = kMostTokens;
  if (!classifier.prompt.empty()) asked.messages.push_back(message_of("system", classifier.prompt));
  Turns turns(asked.messages);
  for (const ChatMessage& message : request.messages) add_message(message, turns);
  for (const Prompt& prompt : request.prompts) {
    if (const auto* text = std::get_if<std::string>(&prompt)) turns.add(kUser, *text);
  }
  turns.add(kAssistant, choice.thought);
  turns.add(kAssistant, choice.text);
  turns.add(kAssistant, choice.refusal);
  for (const json::value& other : choice.others) turns.add(kAssistant, to_json(other));
  turns.add(kAssistant, calls_text(choice.calls));
  return asked;
}

}  // namespace ferry
