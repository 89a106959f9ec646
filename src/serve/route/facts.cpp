#include "serve/route/facts.h"

#include <algorithm>
#include <cstring>

#include "serve/route/language.h"
#include "serve/route/rendezvous.h"

namespace ferry {
namespace {

constexpr size_t kLanguageSample = 4096;

// Of UTF-8: bytes that do not continue a character (10xxxxxx), eight at a time.
int64_t code_points(std::string_view text) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  uint64_t continuing = 0;
  size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    uint64_t bytes = 0;
    std::memcpy(&bytes, text.data() + at, sizeof(bytes));
    continuing += ((bytes >> 7 & ~bytes >> 6 & kOnes) * kOnes) >> 56;
  }
  for (; at < text.size(); ++at)
    continuing += (static_cast<unsigned char>(text[at]) & 0xC0u) == 0x80u ? 1 : 0;
  return static_cast<int64_t>(text.size() - continuing);
}

class Measure {
 public:
  explicit Measure(RouteFacts& facts) : facts_(facts) {}

  void text(std::string_view text) {
    facts_.size.prompt_bytes += static_cast<int64_t>(text.size());
    facts_.characters += code_points(text);
  }
  // Part of the prompt, but nothing that a person wrote.
  void markup(std::string_view text) { facts_.size.prompt_bytes += static_cast<int64_t>(text.size()); }
  void document(const json::value& document) {
    if (!document.is_null()) markup(to_json(document));
  }
  void members(const json::object& members) {
    if (!members.empty()) markup(to_json(members));
  }

  void message(const ChatMessage& message) {
    ++facts_.size.pieces;
    markup(message.name);
    for (const ContentPart& part : message.content) {
      text(part.text);
      part.kind == ContentPart::Kind::image ? void(++facts_.size.images) : media(part.media);
      markup(part.signature);
      document(part.raw);
    }
    for (const ToolCall& call : message.tool_calls) {
      markup(call.name);
      markup(call.arguments);
    }
  }

  void prompt(const Prompt& prompt) {
    ++facts_.size.pieces;
    if (const auto* words = std::get_if<std::string>(&prompt)) return text(*words);
    // A token id stands for itself; as bytes they are counted as many as they are, which is what the bound
    // needs.
    facts_.size.prompt_bytes += static_cast<int64_t>(std::get<std::vector<TokenId>>(prompt).size());
  }

 private:
  // Sounds and files become tokens in ways that only their vendors know: in their size at the most.
  void media(const Media& media) {
    markup(media.data);
    markup(media.url);
    markup(media.name);
  }

  RouteFacts& facts_;
};

void measure(const GenerationRequest& request, RouteFacts& facts) {
  facts.size = {.pieces = 0, .answers = std::max(request.n, request.best_of)};
  facts.characters = 0;
  Measure measure(facts);
  for (const ChatMessage& message : request.messages) measure.message(message);
  for (const Prompt& prompt : request.prompts) measure.prompt(prompt);
  for (const ToolDefinition& tool : request.tools.tools) {
    ++facts.size.pieces;
    measure.markup(tool.name);
    measure.markup(tool.description);
    measure.document(tool.parameters);
  }
  if (request.format) {
    ++facts.size.pieces;
    measure.document(request.format->schema);
    measure.markup(request.format->text);
    for (const std::string& choice : request.format->choices) measure.markup(choice);
  }
  if (request.infill) {
    measure.text(request.infill->suffix);
    for (const ContextFile& file : request.infill->files) {
      ++facts.size.pieces;
      measure.markup(file.name);
      measure.text(file.text);
    }
  }
  measure.members(request.prompt.template_arguments);
  measure.members(request.foreign);
  facts.size.max_tokens = request.stop.max_tokens;
  facts.size.answers *= std::max<int64_t>(1, static_cast<int64_t>(request.prompts.size()));
}

// What people wrote: the last messages say more about the language than instructions do.
std::string language_sample(const GenerationRequest& request) {
  std::string sample;
  for (auto message = request.messages.rbegin(); message != request.messages.rend(); ++message) {
    if (sample.size() >= kLanguageSample) break;
    if (message->role == "user") sample += text_of(*message) + "\n";
  }
  for (const Prompt& prompt : request.prompts) {
    if (sample.size() >= kLanguageSample) break;
    if (const auto* words = std::get_if<std::string>(&prompt)) sample += *words + "\n";
  }
  return sample;
}

}  // namespace

void describe_request(const RouteConfig& route, const GenerationRequest& request, RouteFacts& facts) {
  measure(request, facts);
  facts.uses_tools = request.tools.offered();
  if (route.asks_language()) facts.language = detect_language(language_sample(request));
  if (route.sticky.by == StickyConfig::By::conversation) facts.conversation = conversation_hash(request);
}

std::optional<uint64_t> conversation_hash(const GenerationRequest& request) {
  uint64_t hash = stable_hash(request.model);
  const auto mix = [&hash](std::string_view text) {
    hash = stable_hash(text) ^ (hash * 0x9E3779B97F4A7C15u + 1);
  };
  mix(request.user);
  for (const ChatMessage& message : request.messages) {
    mix(message.role);
    mix(text_of(message));
    if (message.role == "user") return hash;
  }
  return std::nullopt;
}

uint64_t conversation_hash(std::string_view header_value) {
  return stable_hash(header_value);
}

}  // namespace ferry
