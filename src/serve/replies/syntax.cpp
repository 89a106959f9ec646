#include "serve/replies/syntax.h"

#include <algorithm>
#include <string>

#include "serve/replies/tool_markers.h"

namespace ferry {
namespace {

struct ToolName {
  std::string_view name;
  ToolSyntax syntax;
};

constexpr ToolName kToolNames[] = {
    {"none", ToolSyntax::none},
    {"hermes", ToolSyntax::hermes},
    {"qwen3_coder", ToolSyntax::qwen3_coder},
    {"qwen3_xml", ToolSyntax::qwen3_coder},
    {"seed_oss", ToolSyntax::seed_oss},
    {"llama3_json", ToolSyntax::llama3_json},
    {"llama4_json", ToolSyntax::llama3_json},
    {"pythonic", ToolSyntax::pythonic},
    {"llama4_pythonic", ToolSyntax::pythonic},
    {"mistral", ToolSyntax::mistral_list},
    {"mistral", ToolSyntax::mistral_args},
    {"deepseek_v3", ToolSyntax::deepseek_v3},
    {"deepseek_v31", ToolSyntax::deepseek_v31},
};

struct ThoughtName {
  std::string_view name;
  ThoughtSyntax syntax;
};

constexpr ThoughtName kThoughtNames[] = {
    {"none", ThoughtSyntax::none},         {"deepseek_r1", ThoughtSyntax::think},
    {"deepseek_v3", ThoughtSyntax::think}, {"qwen3", ThoughtSyntax::think},
    {"glm45", ThoughtSyntax::think},       {"mistral", ThoughtSyntax::mistral},
    {"seed_oss", ThoughtSyntax::seed},     {"kimi", ThoughtSyntax::kimi},
};

constexpr ThoughtSyntax kThoughts[] = {ThoughtSyntax::think, ThoughtSyntax::mistral, ThoughtSyntax::seed,
                                       ThoughtSyntax::kimi};

template <class Named>
std::string names_of(std::span<const Named> all) {
  std::string names = "auto";
  std::string_view last;
  for (const Named& one : all) {
    if (one.name != last) names.append(", ").append(one.name);
    last = one.name;
  }
  return names;
}

template <class Named>
auto find_syntax(std::string_view name, decltype(Named::syntax) detected, std::span<const Named> all,
                 std::string_view what) -> Result<decltype(Named::syntax)> {
  if (name == "auto") return detected;
  const Named* found = nullptr;
  for (const Named& one : all) {
    if (one.name != name) continue;
    if (found == nullptr || one.syntax == detected) found = &one;
  }
  if (found != nullptr) return found->syntax;
  return fail(ErrorCode::invalid_argument, "there is no {} parser \"{}\": it must be one of {}", what, name,
              names_of(all));
}

template <class Named, class Syntax>
std::string_view name_of(Syntax syntax, std::span<const Named> all) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Named& n) { return n.syntax == syntax; });
  FERRY_CHECK(found != all.end());
  return found->name;
}

ToolSyntax detect_tools(std::string_view text) {
  const auto has = [&](std::string_view marker) { return text.find(marker) != std::string_view::npos; };
  if (has("<｜tool▁calls▁begin｜>")) {
    return has("```json") ? ToolSyntax::deepseek_v3 : ToolSyntax::deepseek_v31;
  }
  if (has("<seed:tool_call>")) return ToolSyntax::seed_oss;
  // The seed:… template builds its marker from parts.
  if (has("seed:tool_call") && has("<function=")) return ToolSyntax::seed_oss;
  if (has("<tool_call>")) {
    if (has("<function=")) return ToolSyntax::qwen3_coder;
    return has("<arg_key>") ? ToolSyntax::none : ToolSyntax::hermes;  // GLM's have a syntax of their own
  }
  if (has("[TOOL_CALLS]")) return has("[ARGS]") ? ToolSyntax::mistral_args : ToolSyntax::mistral_list;
  // Llama's templates describe the form in words.
  if (has("[func_name1(")) return ToolSyntax::pythonic;
  const bool llama = has("<|start_header_id|>") || has("<|header_start|>");
  return llama && has("{\"name\": ") && has("\"parameters\": ") ? ToolSyntax::llama3_json : ToolSyntax::none;
}

ThoughtSyntax detect_thought(std::string_view text, std::span<const std::string_view> added_tokens) {
  for (const ThoughtSyntax syntax : kThoughts) {
    if (text.find(thought_markers(syntax).close) != std::string_view::npos) return syntax;
  }
  for (const ThoughtSyntax syntax : kThoughts) {
    const auto& close = thought_markers(syntax).close;
    if (std::find(added_tokens.begin(), added_tokens.end(), close) != added_tokens.end()) return syntax;
  }
  return ThoughtSyntax::none;
}

}  // namespace

ThoughtMarkers thought_markers(ThoughtSyntax syntax) {
  switch (syntax) {
    case ThoughtSyntax::none:
      break;
    case ThoughtSyntax::think:
      return {"<think>", "</think>"};
    case ThoughtSyntax::mistral:
      return {"[THINK]", "[/THINK]"};
    case ThoughtSyntax::seed:
      return {"<seed:think>", "</seed:think>"};
    case ThoughtSyntax::kimi:
      return {"◁think▷", "◁/think▷"};
  }
  return {};
}

std::vector<std::string_view> reply_markers(ReplySyntax syntax) {
  std::vector<std::string_view> texts;
  for (const Marker& marker : tool_markers(syntax.tools).markers) texts.push_back(marker.text);
  if (syntax.tools == ToolSyntax::mistral_args) texts.insert(texts.end(), {"[CALL_ID]", "[ARGS]"});
  const bool deepseek = syntax.tools == ToolSyntax::deepseek_v3 || syntax.tools == ToolSyntax::deepseek_v31;
  if (deepseek) texts.push_back("<｜tool▁sep｜>");
  const ThoughtMarkers thought = thought_markers(syntax.thought);
  if (!thought.open.empty()) texts.insert(texts.end(), {thought.open, thought.close});
  return texts;
}

ReplySyntax detect_reply_syntax(std::string_view chat_template,
                                std::span<const std::string_view> added_tokens) {
  return {.tools = detect_tools(chat_template), .thought = detect_thought(chat_template, added_tokens)};
}

Result<ToolSyntax> find_tool_syntax(std::string_view name, ToolSyntax detected) {
  return find_syntax<ToolName>(name, detected, kToolNames, "tool");
}

Result<ThoughtSyntax> find_thought_syntax(std::string_view name, ThoughtSyntax detected) {
  return find_syntax<ThoughtName>(name, detected, kThoughtNames, "reasoning");
}

std::string_view tool_syntax_name(ToolSyntax syntax) {
  return name_of<ToolName>(syntax, kToolNames);
}

std::string_view thought_syntax_name(ThoughtSyntax syntax) {
  return name_of<ThoughtName>(syntax, kThoughtNames);
}

bool prompt_opens_thought(std::string_view prompt, ThoughtSyntax syntax) {
  const std::string_view open = thought_markers(syntax).open;
  const size_t last = prompt.find_last_not_of(" \t\n\r");
  return !open.empty() && last != std::string_view::npos && prompt.substr(0, last + 1).ends_with(open);
}

bool wants_short_call_ids(ToolSyntax syntax) {
  return syntax == ToolSyntax::mistral_list || syntax == ToolSyntax::mistral_args;
}

}  // namespace ferry
