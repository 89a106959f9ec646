#include "serve/providers/model_voice.h"

namespace ferry {
namespace {

// The closing markers of thoughts that the vocabulary has, for templates that do not show thoughts.
std::vector<std::string_view> thought_tokens(const Tokenizer& tokenizer) {
  std::vector<std::string_view> texts;
  for (const ThoughtSyntax syntax :
       {ThoughtSyntax::think, ThoughtSyntax::mistral, ThoughtSyntax::seed, ThoughtSyntax::kimi}) {
    const std::string_view close = thought_markers(syntax).close;
    if (tokenizer.find(close)) texts.push_back(close);
  }
  return texts;
}

json::object probe_chat(const HostedModel& model, json::value arguments, json::value content) {
  const json::object call{{"id", "ferry0000"},
                          {"type", "function"},
                          {"function", json::object{{"name", "probe"}, {"arguments", std::move(arguments)}}}};
  const json::array messages{
      json::object{{"role", "user"}, {"content", "x"}},
      json::object{
          {"role", "assistant"}, {"content", std::move(content)}, {"tool_calls", json::array{call}}}};
  return {{"messages", messages},
          {"bos_token", model.bos_text},
          {"eos_token", model.eos_text},
          {"add_generation_prompt", false}};
}

// Whether a call whose arguments are given so comes out as the model should have written it. A template that
// prints an object as it is shows Python's spelling of it; one that makes JSON of a text escapes its quotes.
bool renders_well(const HostedModel& model, json::value arguments, json::value content) {
  const Result<RenderedChat> chat =
      model.chat_template->render(probe_chat(model, std::move(arguments), std::move(content)));
  if (!chat) return false;
  const auto shows = [&](std::string_view text) { return chat->text.find(text) != std::string::npos; };
  return shows("ferry_probe") && !shows("'ferry_probe'") && !shows("\\\"ferry_probe");
}

// Where no form shows the call, the voice stays as it is.
void find_call_form(const HostedModel& model, ModelVoice& voice) {
  const json::value object = json::object{{"ferry_probe", "x"}};
  const json::value text = R"({"ferry_probe": "x"})";
  for (const bool text_arguments : {false, true}) {
    for (const bool null_content : {true, false}) {
      const json::value content = null_content ? json::value(nullptr) : json::value("");
      if (!renders_well(model, text_arguments ? text : object, content)) continue;
      voice.text_arguments = text_arguments;
      voice.null_content = null_content;
      return;
    }
  }
}

json::object thinking(bool wanted) {
  return {{"enable_thinking", wanted}, {"thinking", wanted}};
}

// Whether the prompt depends on which of these the template gets.
bool tells_apart(const HostedModel& model, const json::object& one, const json::object& other) {
  const auto prompt = [&](const json::object& variables) {
    json::object context{{"messages", json::array{json::object{{"role", "user"}, {"content", "x"}}}},
                         {"bos_token", model.bos_text},
                         {"eos_token", model.eos_text},
                         {"add_generation_prompt", true}};
    for (const auto& [name, value] : variables) context.insert_or_assign(name, value);
    const Result<RenderedChat> chat = model.chat_template->render(context);
    return chat ? chat->text : std::string();
  };
  return prompt(one) != prompt(other);
}

}  // namespace

Result<ModelVoice> voice_of(const HostedModel& model, std::string_view tool_parser,
                            std::string_view reasoning_parser) {
  ModelVoice voice;
  const std::string_view shown = model.chat_template ? model.chat_template->source() : std::string_view();
  const ReplySyntax detected = detect_reply_syntax(shown, thought_tokens(*model.tokenizer));
  FERRY_TRY(voice.syntax.tools, find_tool_syntax(tool_parser, detected.tools));
  FERRY_TRY(voice.syntax.thought, find_thought_syntax(reasoning_parser, detected.thought));
  if (model.chat_template == nullptr) return voice;
  find_call_form(model, voice);
  voice.reads_thinking = tells_apart(model, thinking(true), thinking(false));
  voice.reads_effort = tells_apart(model, {{"reasoning_effort", "low"}}, {{"reasoning_effort", "high"}});
  return voice;
}

std::vector<TokenId> marker_tokens(const Tokenizer& tokenizer, ReplySyntax syntax) {
  std::vector<TokenId> tokens;
  for (const std::string_view text : reply_markers(syntax)) {
    const std::optional<TokenId> token = tokenizer.find(text);
    if (token && tokenizer.is_special(*token)) tokens.push_back(*token);
  }
  return tokens;
}

}  // namespace ferry
