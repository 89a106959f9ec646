#pragma once
// In which syntax a model writes its thoughts and its tool calls. Models learn one in training and their chat
// template shows it, so it is read off the template; settings may name another.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/core/result.h"

namespace ferry {

enum class ToolSyntax : uint8_t {
  none,         // the text is never a call
  hermes,       // <tool_call>{"name": "f", "arguments": {…}}</tool_call>
  qwen3_coder,  // <tool_call><function=f><parameter=a>…</parameter></function></tool_call>
  seed_oss,     // the same between <seed:tool_call> and </seed:tool_call>
  llama3_json,  // {"name": "f", "parameters": {…}}; {…}   at the answer's beginning or after <|python_tag|>
  pythonic,     // [f(a=1, b="x"), g()]   at the answer's beginning or after <|python_start|>
  mistral_list,  // [TOOL_CALLS][{"name": "f", "arguments": {…}}, {…}]
  mistral_args,  // [TOOL_CALLS]f[ARGS]{…}
  deepseek_v3,  // <｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f ```json {…} ```…
  deepseek_v31,  // <｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{…}<｜tool▁call▁end｜>…
};

enum class ThoughtSyntax : uint8_t {
  none,
  think,    // <think>…</think>
  mistral,  // [THINK]…[/THINK]
  seed,     // <seed:think>…</seed:think>
  kimi,     // ◁think▷…◁/think▷
};

struct ReplySyntax {
  ToolSyntax tools = ToolSyntax::none;
  ThoughtSyntax thought = ThoughtSyntax::none;

  friend bool operator==(const ReplySyntax&, const ReplySyntax&) = default;
};

struct ThoughtMarkers {
  std::string_view open;
  std::string_view close;
};

// Empty for `none`.
ThoughtMarkers thought_markers(ThoughtSyntax syntax);

// What stands around and within calls and thoughts. Where the vocabulary has one of these as a special token,
// that token's text must reach the ReplyParser: skipping it would hide the call.
std::vector<std::string_view> reply_markers(ReplySyntax syntax);

// From the text of the model's chat template and the texts of its added tokens (special or not). A template
// that shows no calls has none: the model would not be told about tools either.
ReplySyntax detect_reply_syntax(std::string_view chat_template,
                                std::span<const std::string_view> added_tokens);

// By a parser's name, as vLLM has them ("hermes", "llama3_json", "qwen3_coder", ...); "auto" is `detected`,
// "none" is none. `detected` also says which of its two forms "mistral" means.
// Errors: invalid_argument, with the list of names.
Result<ToolSyntax> find_tool_syntax(std::string_view name, ToolSyntax detected);
Result<ThoughtSyntax> find_thought_syntax(std::string_view name, ThoughtSyntax detected);

// The name that find_tool_syntax() knows it by; of several the first.
std::string_view tool_syntax_name(ToolSyntax syntax);
std::string_view thought_syntax_name(ThoughtSyntax syntax);

// Whether a prompt that ends so has begun the thought already, as templates of DeepSeek R1 and Qwen3 do.
bool prompt_opens_thought(std::string_view prompt, ThoughtSyntax syntax);

// Templates of this syntax refuse tool call ids that are not nine letters or digits.
bool wants_short_call_ids(ToolSyntax syntax);

}  // namespace ferry
