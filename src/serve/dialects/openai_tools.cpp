#include "serve/dialects/openai_tools.h"

#include <algorithm>

#include "serve/dialects/cache_mark.h"

namespace ferry {
namespace {

using Choice = ToolRequest::Choice;

constexpr size_t kMaxTools = 1024;
constexpr size_t kMaxNameBytes = 256;

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes &&
         std::none_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

const ToolDefinition* find_tool(const ToolRequest& request, std::string_view name) {
  const auto found = std::find_if(request.tools.begin(), request.tools.end(),
                                  [&](const ToolDefinition& tool) { return tool.name == name; });
  return found == request.tools.end() ? nullptr : &*found;
}

// {"type": "function", "function": {…}}: what is inside, or null, and `outer` says what is wrong. `type` gets
// what else it is: some tool that our engine does not know.
const json::object* function_of(FieldReader& outer, std::string& type, Feature feature) {
  constexpr std::string_view other = "must be \"function\"; other tools are not supported";
  type = outer.text("type").value_or("");
  if (type.empty()) outer.refuse("type", other, ErrorCode::unsupported);
  if (type != "function") {
    outer.note("type", other, feature);
    return nullptr;
  }
  type.clear();
  const json::object* function = outer.object("function");
  if (function == nullptr) outer.refuse_missing("function", "must be an object");
  return function;
}

void read_definition(FieldReader& function, ToolDefinition& tool) {
  tool.name = function.text("name").value_or("");
  if (!is_name(tool.name)) {
    function.refuse("name",
                    fmt::format("must have 1 to {} bytes, without control characters", kMaxNameBytes));
  }
  tool.description = function.text("description").value_or("");
  tool.strict = function.boolean("strict").value_or(false);
  if (const json::object* parameters = function.object("parameters")) tool.parameters = *parameters;
}

// `path` ends in a dot.
void read_tool(FieldReader& fields, const json::value& value, std::string path, ToolRequest& request) {
  const json::object nothing;
  FieldReader outer(value.is_object() ? value.get_object() : nothing, std::move(path));
  if (!value.is_object()) outer.refuse("", fmt::format("must be an object, not {}", json_kind(value)));
  ToolDefinition tool{.name = {}, .raw = value};
  if (const json::object* object = function_of(outer, tool.type, Feature::server_tools)) {
    FieldReader function(*object, outer.path() + "function.");
    read_definition(function, tool);
    tool.cache = read_cache_mark(outer);
    if (!tool.cache) tool.cache = read_cache_mark(function);
    if (find_tool(request, tool.name) != nullptr) {
      function.refuse("name", fmt::format("'{}' is also the name of another tool", tool.name));
    }
    outer.take_failure(function);
  }
  fields.take_failure(outer);
  request.tools.push_back(std::move(tool));
}

void read_tool_list(FieldReader& fields, ToolRequest& request) {
  const json::array* tools = fields.array("tools");
  if (tools == nullptr) return;
  if (tools->size() > kMaxTools) {
    return fields.refuse("tools", fmt::format("has more than {} tools", kMaxTools));
  }
  for (size_t i = 0; i < tools->size() && !fields.failed(); ++i) {
    read_tool(fields, (*tools)[i], fmt::format("{}tools[{}].", fields.path(), i), request);
  }
}

// `outer` is a {"type": "function", "function": {"name": …}} that means one of the tools.
void allow_tool(FieldReader& outer, ToolRequest& request) {
  std::string type;
  const json::object* object = function_of(outer, type, Feature::foreign);
  if (object == nullptr) return;
  FieldReader function(*object, outer.path() + "function.");
  const std::string name = function.text("name").value_or("");
  if (find_tool(request, name) == nullptr) {
    function.refuse("name", fmt::format("'{}' is none of the tools", name));
  }
  outer.take_failure(function);
  request.allowed.push_back(name);
}

// {"mode": "auto", "tools": [{"type": "function", "function": {"name": …}}, …]}
void read_allowed_tools(FieldReader& allowed, ToolRequest& request) {
  const std::string mode = allowed.text("mode").value_or("auto");
  if (mode != "auto" && mode != "required") allowed.refuse("mode", "must be auto or required");
  if (mode == "required") request.choice = Choice::required;
  const json::array* tools = allowed.array("tools");
  if (tools == nullptr || tools->empty()) {
    return allowed.refuse("tools", "must be an array of at least one tool");
  }
  for (size_t i = 0; i < tools->size() && !allowed.failed(); ++i) {
    const json::value& tool = (*tools)[i];
    if (!tool.is_object()) return allowed.refuse("tools", "must be an array of objects");
    FieldReader outer(tool.get_object(), fmt::format("{}tools[{}].", allowed.path(), i));
    allow_tool(outer, request);
    allowed.take_failure(outer);
  }
}

void read_choice_object(FieldReader& choice, ToolRequest& request) {
  if (choice.text("type") != "allowed_tools") {
    allow_tool(choice, request);
    if (!request.allowed.empty()) request.choice = Choice::required;
    return;
  }
  const json::object* object = choice.object("allowed_tools");
  if (object == nullptr) return choice.refuse_missing("allowed_tools", "must be an object");
  FieldReader allowed(*object, choice.path() + "allowed_tools.");
  read_allowed_tools(allowed, request);
  choice.take_failure(allowed);
}

void read_choice(FieldReader& fields, ToolRequest& request) {
  const json::value* choice = fields.get("tool_choice");
  if (choice == nullptr) return;
  if (choice->is_object()) {
    FieldReader object(choice->get_object(), fields.path() + "tool_choice.");
    read_choice_object(object, request);
    return fields.take_member("tool_choice", object);
  }
  const std::string text = choice->is_string() ? std::string(std::string_view(choice->get_string())) : "";
  if (text == "none") {
    request.choice = Choice::none;
  } else if (text == "required") {
    request.choice = Choice::required;
  } else if (text != "auto") {
    constexpr std::string_view wanted = "must be auto, none, required, or an object that names a tool";
    if (!choice->is_string()) return fields.refuse("tool_choice", wanted);
    fields.note("tool_choice", wanted, Feature::foreign, ErrorCode::invalid_argument);
  }
}

}  // namespace

void read_openai_tools(FieldReader& fields, GenerationRequest& request) {
  ToolRequest& tools = request.tools;
  read_tool_list(fields, tools);
  if (fields.failed()) return;
  read_choice(fields, tools);
  tools.parallel = fields.boolean("parallel_tool_calls").value_or(true);
  if (tools.choice == Choice::required && tools.tools.empty()) {
    fields.refuse("tool_choice", "asks for a call, but there are no tools");
  }
}

}  // namespace ferry
