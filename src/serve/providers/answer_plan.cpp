#include "serve/providers/answer_plan.h"

#include <algorithm>

#include "serve/providers/reply_grammar.h"

namespace ferry {
namespace {

// Tokens of a thought where an application asks for an effort and the template cannot pass it on. Those of
// Gemini's OpenAI-compatible API (ai.google.dev/gemini-api/docs/openai, "thinking"); the highest efforts have
// no limit.
struct EffortBudget {
  std::string_view effort;
  int32_t tokens;
};
constexpr EffortBudget kEffortBudgets[] = {
    {"minimal", 1024}, {"low", 1024}, {"medium", 8192}, {"high", 24576}};

std::optional<int32_t> budget_of(const ThoughtPolicy& policy, const ModelVoice& voice) {
  if (policy.budget) return static_cast<int32_t>(*policy.budget);
  if (policy.effort == "none" && !voice.reads_thinking && !voice.reads_effort) return 0;
  if (voice.reads_effort) return std::nullopt;
  for (const auto& [effort, tokens] : kEffortBudgets) {
    if (effort == policy.effort) return tokens;
  }
  return std::nullopt;
}

// As models write it: the marker on a line of its own, an empty line behind it.
std::vector<TokenId> thought_ending(const Tokenizer& tokenizer, std::string_view close) {
  const std::string text = fmt::format("\n{}\n\n", close);
  const TextPiece piece{text, true};
  return tokenizer.encode_pieces({&piece, 1});
}

ThoughtRequest thought_request(const HostedModel& model, const ModelVoice& voice, bool open,
                               std::optional<int32_t> budget) {
  const ThoughtMarkers markers = thought_markers(voice.syntax.thought);
  ThoughtRequest thought{
      .open = open, .opening = std::string(markers.open), .closing = std::string(markers.close)};
  thought.opening_token = model.tokenizer->find(markers.open);
  thought.budget = budget.value_or(-1);
  thought.ending = thought_ending(*model.tokenizer, markers.close);
  return thought;
}

std::shared_ptr<const ReplyTools> tools_of(const ToolRequest& request) {
  auto tools = std::make_shared<ReplyTools>();
  for (const ToolDefinition* tool : callable_tools(request)) {
    tools->push_back({.name = tool->name, .parameters = tool->parameters});
  }
  return tools;
}

ApiError no_calls(const HostedModel& model) {
  return {{ErrorCode::unsupported,
           fmt::format("tools: the chat template of model '{}' does not show how it calls tools. If it can, "
                       "name the syntax with --tool-parser",
                       model.name)},
          "tools",
          {}};
}

}  // namespace

bool needs_grammar(const GenerationRequest& request) {
  return request.format.has_value() || constrains_calls(request.tools);
}

ApiResult<AnswerPlan> plan_answer(const GenerationRequest& request, const HostedModel& model,
                                  const ModelVoice& voice, const std::vector<PreparedPrompt>& prompts) {
  AnswerPlan plan;
  ReplyOptions options;
  const bool offers_tools = request.tools.offered();
  if (offers_tools && voice.syntax.tools == ToolSyntax::none) return tl::unexpected(no_calls(model));
  if (needs_grammar(request)) {
    auto grammar = answer_grammar(request, model, voice.syntax.tools);
    if (!grammar) return tl::unexpected(std::move(grammar).error());
    plan.grammar = *std::move(grammar);
    options.calls = ReplyOptions::Calls::streamed;  // the grammar lets none come that would break
  }
  if (!request.prompts.empty()) return plan;

  const bool thinks = voice.syntax.thought != ThoughtSyntax::none;
  const bool open = prompt_opens_thought(prompts.front().text, voice.syntax.thought);
  const auto budget = budget_of(request.thought, voice);
  if (thinks && (plan.grammar || budget)) plan.thought = thought_request(model, voice, open, budget);
  options.syntax.tools = offers_tools ? voice.syntax.tools : ToolSyntax::none;
  options.syntax.thought = voice.syntax.thought;
  plan.shown_special = marker_tokens(*model.tokenizer, options.syntax);
  if (!request.thought.split) options.syntax.thought = ThoughtSyntax::none;
  options.thought_open = open && request.thought.split;
  if (options.syntax == ReplySyntax{}) return plan;
  if (offers_tools) options.tools = tools_of(request.tools);
  plan.reading = ReplyReading{.options = std::move(options), .report_thought = request.thought.report};
  return plan;
}

}  // namespace ferry
