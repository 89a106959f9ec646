#include "serve/providers/reply_grammar.h"

#include <algorithm>

#include "serve/replies/call_grammar.h"

namespace ferry {
namespace {

using GrammarPtr = std::shared_ptr<const Grammar>;

// Whatever is wrong with it, it is the request's.
ApiError refused(std::string message, std::string field) {
  return {{ErrorCode::invalid_argument, std::move(message)}, std::move(field), "invalid_format"};
}

GrammarSource source_of(const OutputFormat& format) {
  switch (format.kind) {
    case OutputFormat::Kind::json_object:
      return JsonObjectSource{.compact = format.compact};
    case OutputFormat::Kind::json_schema:
      return JsonSchemaSource{.schema = format.schema,
                              .closed_objects = true,
                              .in_order = format.in_order,
                              .compact = format.compact};
    case OutputFormat::Kind::regex:
      return RegexSource{format.text};
    case OutputFormat::Kind::choice:
      return ChoiceSource{format.choices};
    case OutputFormat::Kind::gbnf:
      return GbnfSource{format.text};
  }
  return JsonObjectSource{};
}

// As in schemas of answers, strict means the schema's order, too.
bool any_strict(const ToolRequest& request) {
  return std::any_of(request.tools.begin(), request.tools.end(),
                     [](const ToolDefinition& tool) { return tool.strict; });
}

GrammarTree::Kind kind_of(ReplyGrammar::Kind kind) {
  switch (kind) {
    case ReplyGrammar::Kind::literal:
      return GrammarTree::Kind::literal;
    case ReplyGrammar::Kind::marker:
      return GrammarTree::Kind::special;
    case ReplyGrammar::Kind::json:
      return GrammarTree::Kind::schema;
    case ReplyGrammar::Kind::free:
      return GrammarTree::Kind::free;
    case ReplyGrammar::Kind::sequence:
      return GrammarTree::Kind::sequence;
    case ReplyGrammar::Kind::choice:
      return GrammarTree::Kind::choice;
    case ReplyGrammar::Kind::optional:
      return GrammarTree::Kind::optional;
    case ReplyGrammar::Kind::repeat:
      return GrammarTree::Kind::repeat;
  }
  return GrammarTree::Kind::sequence;
}

GrammarTree tree_of(ReplyGrammar grammar) {
  GrammarTree tree{
      .kind = kind_of(grammar.kind), .text = std::move(grammar.text), .schema = std::move(grammar.schema)};
  for (ReplyGrammar& part : grammar.parts) tree.parts.push_back(tree_of(std::move(part)));
  return tree;
}

// The calls that may be made, as a grammar.
class CallForms {
 public:
  CallForms(const ToolRequest& request, const HostedModel& model, ToolSyntax syntax)
      : request_(request), grammars_(*model.grammars), syntax_(syntax) {}

  ApiResult<CallConstraint> constraint(CallDuty duty) {
    std::vector<ReplyTool> tools;
    for (const ToolDefinition* tool : callable_tools(request_)) {
      auto parameters = parameters_of(*tool);
      if (!parameters) return tl::unexpected(std::move(parameters).error());
      tools.push_back({.name = tool->name, .parameters = *std::move(parameters)});
    }
    Result<CallConstraint> made = constrain_calls(syntax_, tools, duty, request_.parallel);
    if (!made) return tl::unexpected(refused(std::move(made).error().message, "tools"));
    return *std::move(made);
  }

 private:
  // A schema that cannot be held to is refused where it must be, and otherwise promises an object and no
  // more.
  ApiResult<json::value> parameters_of(const ToolDefinition& tool) {
    if (tool.parameters.is_null()) return tool.parameters;
    const auto compiled = grammars_.get(JsonSchemaSource{.schema = tool.parameters, .closed_objects = true});
    if (compiled) return tool.parameters;
    if (!tool.strict) return json::object{{"type", "object"}, {"additionalProperties", true}};
    return tl::unexpected(refused(
        fmt::format("the parameters of tool '{}': {}", tool.name, compiled.error().message), "tools"));
  }

  const ToolRequest& request_;
  GrammarCache& grammars_;
  ToolSyntax syntax_;
};

// Calls, or words in the request's format.
ApiResult<GrammarPtr> calls_or_format(const GenerationRequest& request, const HostedModel& model,
                                      ToolSyntax syntax) {
  const OutputFormat& format = *request.format;
  const bool is_json =
      format.kind == OutputFormat::Kind::json_object || format.kind == OutputFormat::Kind::json_schema;
  if (!is_json) {
    return tl::unexpected(
        refused(fmt::format("{} and tools exclude each other; a JSON Schema goes with tools", format.field),
                format.field));
  }
  auto calls = CallForms(request.tools, model, syntax).constraint(CallDuty::must);
  if (!calls) return tl::unexpected(std::move(calls).error());
  json::value words = format.kind == OutputFormat::Kind::json_schema
                          ? format.schema
                          : json::object{{"type", "object"}, {"additionalProperties", true}};
  TreeSource source{.tree = {.kind = GrammarTree::Kind::choice},
                    .closed_objects = true,
                    .in_order = format.in_order,
                    .compact = format.compact};
  source.tree.parts.push_back(tree_of(std::move(calls->grammar)));
  source.tree.parts.push_back({.kind = GrammarTree::Kind::schema, .schema = std::move(words)});
  auto grammar = model.grammars->get(source);
  if (!grammar) return tl::unexpected(refused(std::move(grammar).error().message, format.field));
  return *std::move(grammar);
}

ApiResult<GrammarPtr> calls_form(const GenerationRequest& request, const HostedModel& model,
                                 ToolSyntax syntax) {
  const bool required = request.tools.choice == ToolRequest::Choice::required;
  auto calls = CallForms(request.tools, model, syntax).constraint(required ? CallDuty::must : CallDuty::may);
  if (!calls) return tl::unexpected(std::move(calls).error());
  auto grammar = model.grammars->get(TreeSource{.tree = tree_of(std::move(calls->grammar)),
                                                .triggers = std::move(calls->triggers),
                                                .goes_on = calls->goes_on,
                                                .openings = std::move(calls->openings),
                                                .opening = tree_of(std::move(calls->opening)),
                                                .closed_objects = true,
                                                .in_order = any_strict(request.tools)});
  if (!grammar) return tl::unexpected(refused(std::move(grammar).error().message, "tools"));
  return *std::move(grammar);
}

ApiResult<GrammarPtr> format_form(const OutputFormat& format, const HostedModel& model) {
  auto grammar = model.grammars->get(source_of(format));
  if (!grammar) return tl::unexpected(refused(std::move(grammar).error().message, format.field));
  return *std::move(grammar);
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
         std::any_of(callable.begin(), callable.end(),
                     [](const ToolDefinition* tool) { return tool->strict; });
}

ApiResult<GrammarPtr> answer_grammar(const GenerationRequest& request, const HostedModel& model,
                                     ToolSyntax syntax) {
  if (!request.tools.offered()) return format_form(*request.format, model);
  // Where a call must come there are no words that could have a format.
  const bool required = request.tools.choice == ToolRequest::Choice::required;
  if (request.format && !required) return calls_or_format(request, model, syntax);
  return calls_form(request, model, syntax);
}

}  // namespace ferry
