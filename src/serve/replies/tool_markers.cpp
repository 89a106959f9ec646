#include "serve/replies/tool_markers.h"

namespace ferry {
namespace {

using enum MarkerRole;

constexpr Marker kHermes[] = {{"<tool_call>", call}, {"</tool_call>", close}};
// The outer marker is forgotten now and then, and now and then JSON stands in it, as Qwen 2.5 was taught.
constexpr Marker kQwen3Coder[] = {{"<tool_call>", section}, {"<function=", known}, {"</tool_call>", close}};
constexpr Marker kSeedOss[] = {
    {"<seed:tool_call>", section}, {"<function=", known}, {"</seed:tool_call>", close}};
constexpr Marker kLlama3Json[] = {{"<|python_tag|>", section}, {";", separator}};
constexpr Marker kPythonic[] = {{"<|python_start|>", section}, {"<|python_end|>", close}};
constexpr Marker kMistral[] = {{"[TOOL_CALLS]", call}};
constexpr Marker kDeepseekV31[] = {{"<｜tool▁calls▁begin｜>", section},
                                   {"<｜tool▁call▁begin｜>", call},
                                   {"<｜tool▁call▁end｜>", close},
                                   {"<｜tool▁calls▁end｜>", close}};
// The arguments' fence ends after them, and with them the call is whole.
constexpr Marker kDeepseekV3[] = {{"<｜tool▁calls▁begin｜>", section},
                                  {"<｜tool▁call▁begin｜>", call},
                                  {"```", close},
                                  {"<｜tool▁call▁end｜>", close},
                                  {"<｜tool▁calls▁end｜>", close}};

}  // namespace

ToolMarkers tool_markers(ToolSyntax syntax) {
  switch (syntax) {
    case ToolSyntax::none:
      break;
    case ToolSyntax::hermes:
      return {kHermes};
    case ToolSyntax::qwen3_coder:
      return {.markers = kQwen3Coder, .bare = '{'};
    case ToolSyntax::seed_oss:
      return {kSeedOss};
    case ToolSyntax::llama3_json:
      return {.markers = kLlama3Json, .bare = '{', .unannounced = true};
    case ToolSyntax::pythonic:
      return {.markers = kPythonic, .bare = '[', .unannounced = true};
    case ToolSyntax::mistral_list:
    case ToolSyntax::mistral_args:
      return {kMistral};
    case ToolSyntax::deepseek_v3:
      return {kDeepseekV3};
    case ToolSyntax::deepseek_v31:
      return {kDeepseekV31};
  }
  return {};
}

}  // namespace ferry
