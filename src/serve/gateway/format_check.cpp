#include "serve/gateway/format_check.h"

#include <algorithm>

#include "base/schema/pattern.h"

namespace ferry {
namespace {

std::optional<std::string> problem_of(const json::value& schema, std::string_view text) {
  const auto compiled = JsonSchema::compile(schema);
  if (!compiled) return "its schema cannot be checked: " + compiled.error().message;
  return schema_problem(*compiled, text);
}

std::optional<std::string> regex_problem(const std::string& regex, std::string_view text) {
  const auto pattern = Pattern::compile("^(?:" + regex + ")$");
  if (!pattern) return "its regex cannot be checked: " + pattern.error().message;
  const auto found = pattern->search(text);
  if (!found) return found.error().message;
  return *found ? std::nullopt : std::optional<std::string>("the text does not match the regex");
}

std::optional<std::string> text_problem(const OutputFormat& format, const std::string& text) {
  switch (format.kind) {
    case OutputFormat::Kind::json_object:
      return problem_of(json::object{{"type", "object"}}, text);
    case OutputFormat::Kind::json_schema:
      return problem_of(format.schema.is_null() ? json::value(true) : format.schema, text);
    case OutputFormat::Kind::regex:
      return regex_problem(format.text, text);
    case OutputFormat::Kind::choice: {
      const bool is_one =
          std::find(format.choices.begin(), format.choices.end(), text) != format.choices.end();
      return is_one ? std::nullopt : std::optional<std::string>("the text is none of the choices");
    }
    case OutputFormat::Kind::gbnf:
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::string> call_problem(const ToolRequest& tools, const ToolCall& call) {
  const auto tool = std::find_if(tools.tools.begin(), tools.tools.end(),
                                 [&](const ToolDefinition& one) { return one.name == call.name; });
  if (tool == tools.tools.end()) return "a call names a tool that was not offered";
  // No arguments at all are an empty object.
  const std::string arguments = call.arguments.empty() ? "{}" : call.arguments;
  const json::value any_object = json::object{{"type", "object"}};
  auto problem = problem_of(tool->parameters.is_null() ? any_object : tool->parameters, arguments);
  if (problem) return fmt::format("a call of {}: {}", tool->name, *problem);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> schema_problem(const JsonSchema& schema, std::string_view text) {
  const auto document = parse_json(text, "the text");
  if (!document) return "the text is not JSON";
  const auto checked = schema.check(*document);
  return checked ? std::nullopt : std::optional(checked.error().message);
}

std::optional<std::string> format_problem(const GenerationRequest& request, const GenerationChoice& choice) {
  for (const ToolCall& call : choice.calls) {
    if (auto problem = call_problem(request.tools, call)) return problem;
  }
  if (!choice.calls.empty() || !request.format) return std::nullopt;
  return text_problem(*request.format, choice.text);
}

}  // namespace ferry
