#include "serve/providers/reply_grammar.h"

#include <algorithm>

namespace ferry {
namespace {

GrammarSource source_of(const OutputFormat& format) {
  switch (format.kind) {
    case OutputFormat::Kind::json_object:
      return JsonObjectSource{.compact = format.compact};
    case OutputFormat::Kind::json_schema:
      return JsonSchemaSource{.schema = format.schema, .closed_objects = true, .compact = format.compact};
    case OutputFormat::Kind::regex:
      return RegexSource{format.text};
    case OutputFormat::Kind::choice:
      return ChoiceSource{format.choices};
    case OutputFormat::Kind::gbnf:
      return GbnfSource{format.text};
  }
  return JsonObjectSource{};
}

// Whatever is wrong with it, it is the request's.
ApiError refused(std::string message, std::string field) {
  return {{ErrorCode::invalid_argument, std::move(message)}, std::move(field), "invalid_format"};
}

}  // namespace

std::vector<const ToolDefinition*> callable_tools(const ToolRequest& request) {
  std::vector<const ToolDefinition*> tools;
  const auto& allowed = request.allowed;
  for (const ToolDefinition& tool : request.tools) {
    if (allowed.empty() || std::find(allowed.begin(), allowed.end(), tool.name) != allowed.end()) {
      tools.push_back(&tool);
    }
  }
  return tools;
}

bool constrains_calls(const ToolRequest& request) {
  if (!request.offered()) return false;
  const auto callable = callable_tools(request);
  return request.choice == ToolRequest::Choice::required || !request.parallel || !request.allowed.empty() ||
         std::any_of(callable.begin(), callable.end(), [](const ToolDefinition* tool) { return tool->strict; });
}

ApiResult<AnswerForm> answer_form(const GenerationRequest& request, const HostedModel& model,
                                  ToolSyntax /*syntax*/) {
  if (constrains_calls(request.tools)) {
    return tl::unexpected(ApiError{{ErrorCode::unsupported, "tool_choice is not supported yet"}, "tool_choice", {}});
  }
  auto grammar = model.grammars->get(source_of(*request.format));
  if (!grammar) return tl::unexpected(refused(std::move(grammar).error().message, request.format->field));
  return AnswerForm{.grammar = *std::move(grammar)};
}

}  // namespace ferry
