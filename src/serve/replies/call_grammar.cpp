#include "serve/replies/call_grammar.h"

#include <algorithm>

#include "serve/replies/call_reader.h"
#include "serve/replies/parameter_grammar.h"

namespace ferry {
namespace {

using Kind = ReplyGrammar::Kind;

ReplyGrammar literal(std::string text) {
  return {.kind = Kind::literal, .text = std::move(text)};
}
ReplyGrammar marker(std::string_view text) {
  return {.kind = Kind::marker, .text = std::string(text)};
}

template <class... Parts>
ReplyGrammar sequence(Parts... parts) {
  ReplyGrammar all{.kind = Kind::sequence};
  (all.parts.push_back(std::move(parts)), ...);
  return all;
}

ReplyGrammar wrap(Kind kind, ReplyGrammar part) {
  ReplyGrammar outer{.kind = kind};
  outer.parts.push_back(std::move(part));
  return outer;
}

std::string quoted(std::string_view text) {
  std::string json;
  JsonWriter(json).value(text);
  return json;
}

// A schema of nothing but objects: no other arguments would be read back.
Result<json::value> object_schema(const ReplyTool& tool) {
  if (tool.parameters.is_null()) {
    return json::object{{"type", "object"}, {"properties", json::object{}}, {"additionalProperties", false}};
  }
  const auto refuse = [&] {
    return fail(ErrorCode::invalid_argument, "tool \"{}\": its parameters must be a JSON Schema of an object",
                tool.name);
  };
  if (!tool.parameters.is_object()) return refuse();
  json::object schema = tool.parameters.get_object();
  const json::value* type = schema.if_contains("type");
  if (type == nullptr) schema["type"] = "object";
  if (type != nullptr && *type != json::value("object")) return refuse();
  return schema;
}

Result<ReplyGrammar> arguments_json(const ReplyTool& tool) {
  FERRY_TRY(json::value schema, object_schema(tool));
  return ReplyGrammar{.kind = Kind::json, .schema = std::move(schema)};
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && std::all_of(name.begin(), name.end(), is_name_char);
}

bool is_python_name(std::string_view name) {
  const auto fits = [](char c) {
    return is_name_char(c) && std::string_view("-.:/").find(c) == std::string_view::npos;
  };
  return is_plain_name(name) && std::all_of(name.begin(), name.end(), fits) &&
         !(name[0] >= '0' && name[0] <= '9');
}

Result<void> check_name(const ReplyTool& tool, std::string_view name, bool fits) {
  if (fits) return {};
  return fail(ErrorCode::invalid_argument,
              "tool \"{}\": this model cannot write the name \"{}\": use letters, digits and \"_\"",
              tool.name, name);
}

// {"name": "f", "arguments": {…}}
Result<ReplyGrammar> json_call(const ReplyTool& tool, std::string_view arguments_key) {
  FERRY_TRY_VOID(check_name(tool, tool.name, is_call_name(tool.name)));
  FERRY_TRY(ReplyGrammar arguments, arguments_json(tool));
  return sequence(literal(fmt::format("{{\"name\": {}, \"{}\": ", quoted(tool.name), arguments_key)),
                  std::move(arguments), literal("}"));
}

// f, something between, {…}
Result<ReplyGrammar> named_call(const ReplyTool& tool, ReplyGrammar between) {
  FERRY_TRY_VOID(check_name(tool, tool.name, is_plain_name(tool.name)));
  FERRY_TRY(ReplyGrammar arguments, arguments_json(tool));
  return sequence(literal(tool.name), std::move(between), std::move(arguments));
}

// f>, the parameters in the schema's order, </function>
Result<ReplyGrammar> parameter_call(const ReplyTool& tool) {
  FERRY_TRY_VOID(check_name(tool, tool.name, is_plain_name(tool.name)));
  FERRY_TRY(const std::vector<ToolParameter> parameters, list_parameters(tool));
  ReplyGrammar call = sequence(literal(tool.name + ">\n"));
  for (const ToolParameter& parameter : parameters) {
    FERRY_TRY_VOID(check_name(tool, parameter.name, is_plain_name(parameter.name)));
    FERRY_TRY(ReplyGrammar value, parameter_text_grammar(tool, parameter));
    const bool is_free = value.kind == Kind::free;
    ReplyGrammar one = sequence(literal(fmt::format("<parameter={}>\n", parameter.name)), std::move(value),
                                literal(is_free ? "</parameter>\n" : "\n</parameter>\n"));
    call.parts.push_back(parameter.required ? std::move(one) : wrap(Kind::optional, std::move(one)));
  }
  call.parts.push_back(literal("</function>"));
  return call;
}

// f(a={…}, b={…}): those that must be there first. Without such, a comma stays behind each, as Python allows.
Result<ReplyGrammar> pythonic_call(const ReplyTool& tool) {
  FERRY_TRY_VOID(check_name(tool, tool.name, is_plain_name(tool.name)));
  FERRY_TRY(std::vector<ToolParameter> parameters, list_parameters(tool));
  std::stable_partition(parameters.begin(), parameters.end(),
                        [](const ToolParameter& p) { return p.required; });
  const bool leads = !parameters.empty() && parameters.front().required;
  ReplyGrammar call = sequence(literal(tool.name + "("));
  for (ToolParameter& parameter : parameters) {
    FERRY_TRY_VOID(check_name(tool, parameter.name, is_python_name(parameter.name)));
    const bool first = &parameter == &parameters.front();
    ReplyGrammar one = sequence(literal((leads && !first ? ", " : "") + parameter.name + "="),
                                ReplyGrammar{.kind = Kind::json, .schema = std::move(parameter.schema)},
                                literal(leads ? "" : ", "));
    call.parts.push_back(parameter.required ? std::move(one) : wrap(Kind::optional, std::move(one)));
  }
  call.parts.push_back(literal(")"));
  return call;
}

template <class MakeCall>
Result<ReplyGrammar> choice_of(std::span<const ReplyTool> tools, const MakeCall& make_call) {
  ReplyGrammar choice{.kind = Kind::choice};
  for (const ReplyTool& tool : tools) {
    FERRY_TRY(ReplyGrammar call, make_call(tool));
    choice.parts.push_back(std::move(call));
  }
  if (choice.parts.size() == 1) return std::move(choice.parts.front());
  return choice;
}

// Of one syntax.
struct CallForm {
  ReplyGrammar call;          // one
  ReplyGrammar open = {};     // what stands before the first,
  ReplyGrammar between = {};  // after each but the last,
  ReplyGrammar close = {};    // and after the last
  // In an answer that may be words: what shows that a call comes, and the markers around the calls that do
  // not stand where calls are all there is.
  std::vector<std::string> triggers = {};
  ReplyGrammar tag = {};
  ReplyGrammar end_tag = {};
  bool triggers_call = false;              // a trigger may stand before `call` itself, without `open`
  std::vector<std::string> openings = {};  // what shows it at the answer's beginning, without `tag`
};

Result<CallForm> hermes(std::span<const ReplyTool> tools) {
  FERRY_TRY(ReplyGrammar calls,
            choice_of(tools, [](const ReplyTool& t) { return json_call(t, "arguments"); }));
  return CallForm{.call = sequence(marker("<tool_call>"), literal("\n"), std::move(calls), literal("\n"),
                                   marker("</tool_call>")),
                  .between = literal("\n"),
                  .triggers = {"<tool_call>"}};
}

Result<CallForm> marked_parameters(std::span<const ReplyTool> tools, const std::string& open,
                                   const std::string& close) {
  FERRY_TRY(ReplyGrammar calls, choice_of(tools, parameter_call));
  // Models forget the outer marker.
  return CallForm{.call = sequence(literal("<function="), std::move(calls), literal("\n"), marker(close)),
                  .open = sequence(marker(open), literal("\n")),
                  .between = sequence(literal("\n"), marker(open), literal("\n")),
                  .triggers = {open, "<function="},
                  .triggers_call = true};
}

Result<CallForm> llama3(std::span<const ReplyTool> tools) {
  FERRY_TRY(ReplyGrammar calls,
            choice_of(tools, [](const ReplyTool& t) { return json_call(t, "parameters"); }));
  return CallForm{.call = std::move(calls),
                  .between = literal("; "),
                  .triggers = {"<|python_tag|>"},
                  .tag = marker("<|python_tag|>"),
                  .openings = {"{"}};
}

Result<CallForm> pythonic(std::span<const ReplyTool> tools) {
  FERRY_TRY(ReplyGrammar calls, choice_of(tools, pythonic_call));
  std::vector<std::string> openings;
  for (const ReplyTool& tool : tools) openings.push_back(fmt::format("[ {}(", tool.name));
  return CallForm{.call = std::move(calls),
                  .open = literal("["),
                  .between = literal(", "),
                  .close = literal("]"),
                  .triggers = {"<|python_start|>"},
                  .tag = marker("<|python_start|>"),
                  .end_tag = marker("<|python_end|>"),
                  .openings = std::move(openings)};
}

Result<CallForm> mistral_list(std::span<const ReplyTool> tools) {
  FERRY_TRY(ReplyGrammar calls,
            choice_of(tools, [](const ReplyTool& t) { return json_call(t, "arguments"); }));
  return CallForm{.call = std::move(calls),
                  .open = sequence(marker("[TOOL_CALLS]"), literal("[")),
                  .between = literal(", "),
                  .close = literal("]"),
                  .triggers = {"[TOOL_CALLS]"}};
}

Result<CallForm> mistral_args(std::span<const ReplyTool> tools) {
  FERRY_TRY(ReplyGrammar calls,
            choice_of(tools, [](const ReplyTool& t) { return named_call(t, marker("[ARGS]")); }));
  return CallForm{.call = sequence(marker("[TOOL_CALLS]"), std::move(calls)), .triggers = {"[TOOL_CALLS]"}};
}

Result<CallForm> deepseek(std::span<const ReplyTool> tools, bool fenced) {
  ReplyGrammar call = sequence(marker("<｜tool▁call▁begin｜>"));
  ReplyGrammar before_arguments = marker("<｜tool▁sep｜>");
  if (fenced) {
    call.parts.push_back(literal("function"));
    call.parts.push_back(std::move(before_arguments));
    before_arguments = literal("\n```json\n");
  }
  FERRY_TRY(ReplyGrammar calls,
            choice_of(tools, [&](const ReplyTool& tool) { return named_call(tool, before_arguments); }));
  call.parts.push_back(std::move(calls));
  if (fenced) call.parts.push_back(literal("\n```"));
  call.parts.push_back(marker("<｜tool▁call▁end｜>"));
  return CallForm{.call = std::move(call),
                  .open = marker("<｜tool▁calls▁begin｜>"),
                  .between = literal(fenced ? "\n" : ""),
                  .close = marker("<｜tool▁calls▁end｜>"),
                  .triggers = {"<｜tool▁calls▁begin｜>", "<｜tool▁call▁begin｜>"},
                  .triggers_call = true};
}

Result<CallForm> call_form(ToolSyntax syntax, std::span<const ReplyTool> tools) {
  switch (syntax) {
    case ToolSyntax::none:
      break;
    case ToolSyntax::hermes:
      return hermes(tools);
    case ToolSyntax::qwen3_coder:
      return marked_parameters(tools, "<tool_call>", "</tool_call>");
    case ToolSyntax::seed_oss:
      return marked_parameters(tools, "<seed:tool_call>", "</seed:tool_call>");
    case ToolSyntax::llama3_json:
      return llama3(tools);
    case ToolSyntax::pythonic:
      return pythonic(tools);
    case ToolSyntax::mistral_list:
      return mistral_list(tools);
    case ToolSyntax::mistral_args:
      return mistral_args(tools);
    case ToolSyntax::deepseek_v3:
      return deepseek(tools, true);
    case ToolSyntax::deepseek_v31:
      return deepseek(tools, false);
  }
  return fail(ErrorCode::unsupported, "the model's chat template does not say how it calls tools");
}

bool is_empty(const ReplyGrammar& grammar) {
  return grammar.kind == Kind::sequence && grammar.parts.empty();
}

ReplyGrammar run_of_calls(const CallForm& form, bool parallel) {
  ReplyGrammar run = form.call;
  if (parallel) run = sequence(form.call, wrap(Kind::repeat, sequence(form.between, form.call)));
  return sequence(form.open, std::move(run), form.close);
}

CallConstraint forced(const CallForm& form, bool parallel) {
  return {.grammar = run_of_calls(form, parallel)};
}

CallConstraint triggered(CallForm form, bool parallel) {
  // Where each call has a trigger of its own, the next one is triggered again.
  const bool each = is_empty(form.open) && is_empty(form.tag);
  ReplyGrammar run = run_of_calls(form, parallel && !each);
  ReplyGrammar opening = form.openings.empty() ? ReplyGrammar() : run;
  ReplyGrammar grammar = sequence(form.tag, std::move(run), form.end_tag);
  if (form.triggers_call) {
    ReplyGrammar choice{.kind = Kind::choice};
    choice.parts.push_back(std::move(grammar));
    choice.parts.push_back(std::move(form.call));
    grammar = std::move(choice);
  }
  return {.triggers = std::move(form.triggers),
          .grammar = std::move(grammar),
          .openings = std::move(form.openings),
          .opening = std::move(opening),
          .goes_on = parallel};
}

}  // namespace

Result<CallConstraint> constrain_calls(ToolSyntax syntax, std::span<const ReplyTool> tools, CallDuty duty,
                                       bool parallel) {
  if (tools.empty()) return fail(ErrorCode::invalid_argument, "there are no tools to be called");
  FERRY_TRY(CallForm form, call_form(syntax, tools));
  return duty == CallDuty::must ? forced(form, parallel) : triggered(std::move(form), parallel);
}

}  // namespace ferry
