#include "serve/replies/parameter_grammar.h"

#include <algorithm>
#include <span>

#include "serve/replies/parameter_value.h"

namespace ferry {
namespace {

using Kind = ReplyGrammar::Kind;

constexpr std::string_view kParameterEnd = "</parameter>";
// Of definitions copied into the schemas of one tool's parameters.
constexpr size_t kMaxCopiedBytes = size_t{4} << 20;
// Of schemas within schemas, where a value may be of several kinds.
constexpr int kMaxDepth = 16;
constexpr int kMaxSchemas = 256;

// Keywords that ask nothing of a value, or that are looked at anyway.
constexpr std::string_view kHarmless[] = {"$comment", "$schema",     "$id",     "$defs",    "definitions",
                                          "title",    "description", "default", "examples", "deprecated",
                                          "readOnly", "writeOnly",   "type"};
constexpr std::string_view kOfLists[] = {"properties", "required", "additionalProperties"};
constexpr std::string_view kOfChoices[] = {"anyOf", "oneOf"};
constexpr std::string_view kOfValues[] = {"enum", "const"};

// The first keyword that is neither harmless nor among `known`; empty: none.
std::string_view other_keyword(const json::object& schema, std::span<const std::string_view> known) {
  const auto is_among = [](std::string_view key, std::span<const std::string_view> keys) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  };
  for (const auto& member : schema) {
    if (!is_among(member.key(), kHarmless) && !is_among(member.key(), known)) return member.key();
  }
  return {};
}

// `what` reads on from "the model writes parameters one by one, ...".
tl::unexpected<Error> refuse(const ReplyTool& tool, std::string_view what) {
  return fail(ErrorCode::unsupported, "tool \"{}\": the model writes parameters one by one, {}", tool.name,
              what);
}

// What a part of a schema may refer to.
json::object definitions(const json::object& root) {
  json::object found;
  for (const char* key : {"$schema", "$defs", "definitions"}) {
    if (const json::value* value = root.if_contains(key)) found[key] = *value;
  }
  return found;
}

// A schema taken out of `root` with the definitions that it refers to.
class Extractor {
 public:
  explicit Extractor(const ReplyTool& tool)
      : tool_(tool),
        definitions_(definitions(tool.parameters.get_object())),
        definition_bytes_(to_json(definitions_).size()) {}

  Result<json::value> extract(const json::value& schema) {
    if (!schema.is_object()) return schema;
    const std::string text = to_json(schema);
    if (text.find("\"$ref\"") == std::string::npos) return schema;
    if (text.find("\"#\"") != std::string::npos || text.find("\"#/properties") != std::string::npos) {
      return refuse(tool_, "so a \"$ref\" must lead into \"$defs\"");
    }
    copied_bytes_ += definition_bytes_;
    if (copied_bytes_ > kMaxCopiedBytes) {
      return fail(ErrorCode::resource_exhausted,
                  "tool \"{}\": its \"$defs\" are too large for being referred to by so many parameters",
                  tool_.name);
    }
    json::object whole = definitions_.get_object();
    for (const auto& member : schema.get_object()) whole[member.key()] = member.value();
    return whole;
  }

 private:
  const ReplyTool& tool_;
  const json::value definitions_;
  const size_t definition_bytes_;
  size_t copied_bytes_ = 0;
};

Result<void> mark_required(const ReplyTool& tool, const json::object& root,
                           std::vector<ToolParameter>& parameters) {
  const json::value* names = root.if_contains("required");
  if (names == nullptr || !names->is_array()) return {};
  for (const json::value& name : names->get_array()) {
    const auto found =
        std::find_if(parameters.begin(), parameters.end(), [&](const ToolParameter& parameter) {
          return name.is_string() && parameter.name == std::string_view(name.get_string());
        });
    if (found == parameters.end())
      return refuse(tool, "so what is \"required\" must be among the \"properties\"");
    found->required = true;
  }
  return {};
}

// May a value of this schema be written as text, whatever the text is?
class FreeText {
 public:
  explicit FreeText(const json::value& root) : root_(root) {}

  // The keyword that speaks against it; empty: none does.
  std::string_view objection(const json::value& schema, int depth) {
    if (schema.is_bool()) return {};
    if (depth > kMaxDepth || ++looked_at_ > kMaxSchemas) return "anyOf";
    const json::value* resolved = follow_references(root_, schema);
    if (resolved == nullptr || !resolved->is_object()) return "$ref";
    const json::object& object = resolved->get_object();
    const std::string_view other = other_keyword(object, kOfChoices);
    if (!other.empty()) return other;
    for (const std::string_view key : kOfChoices) {
      const json::value* choices = object.if_contains(key);
      if (choices == nullptr || !choices->is_array()) continue;
      for (const json::value& choice : choices->get_array()) {
        const std::string_view inner = objection(choice, depth + 1);
        if (!inner.empty()) return inner;
      }
    }
    return {};
  }

 private:
  const json::value& root_;
  int looked_at_ = 0;
};

// The values that a schema lists; null: it lists none.
json::array listed_values(const json::object& schema) {
  if (const json::value* only = schema.if_contains("const")) return {*only};
  const json::value* values = schema.if_contains("enum");
  return values != nullptr && values->is_array() ? values->get_array() : json::array{};
}

// Of the listed values those whose text is read back as what they are.
ReplyGrammar listed_texts(const json::array& values, const ValueKinds& kinds) {
  ReplyGrammar choice{.kind = Kind::choice};
  for (const json::value& value : values) {
    std::string text = value.is_string() ? std::string(value.get_string()) : to_json(value);
    const Result<json::value> read = parse_json(parameter_to_json(text, kinds), "value");
    if (!read || *read != value || text.find(kParameterEnd) != std::string::npos) continue;
    choice.parts.push_back({.kind = Kind::literal, .text = std::move(text)});
  }
  return choice;
}

// A schema may leave open what kind of value one of its choices has; as text it would be read as one of
// these.
json::value of_these_kinds(const json::value& schema, const ValueKinds& kinds) {
  json::object narrowed = schema.get_object();
  if (narrowed.contains("type")) return schema;
  json::array types;
  if (kinds.integer && !kinds.number) types.push_back("integer");
  if (kinds.number) types.push_back("number");
  if (kinds.boolean) types.push_back("boolean");
  if (kinds.array) types.push_back("array");
  if (kinds.object) types.push_back("object");
  if (kinds.null) types.push_back("null");
  narrowed["type"] = std::move(types);
  return narrowed;
}

}  // namespace

Result<std::vector<ToolParameter>> list_parameters(const ReplyTool& tool) {
  std::vector<ToolParameter> parameters;
  if (tool.parameters.is_null()) return parameters;
  const json::value* root = follow_references(tool.parameters, tool.parameters);
  if (root == nullptr || !root->is_object()) return refuse(tool, "so its schema must list them");
  const std::string_view other = other_keyword(root->get_object(), kOfLists);
  if (!other.empty()) return refuse(tool, fmt::format("so its schema cannot have \"{}\"", other));
  Extractor extractor(tool);
  if (const json::value* properties = root->get_object().if_contains("properties");
      properties != nullptr && properties->is_object()) {
    for (const auto& property : properties->get_object()) {
      FERRY_TRY(json::value schema, extractor.extract(property.value()));
      parameters.push_back({.name = std::string(property.key()), .schema = std::move(schema)});
    }
  }
  FERRY_TRY_VOID(mark_required(tool, root->get_object(), parameters));
  return parameters;
}

Result<ReplyGrammar> parameter_text_grammar(const ReplyTool& tool, const ToolParameter& parameter) {
  const ValueKinds kinds = parameter_kinds(tool.parameters, parameter.name);
  const json::value* schema = follow_references(parameter.schema, parameter.schema);
  if (schema != nullptr && schema->is_object() && other_keyword(schema->get_object(), kOfValues).empty()) {
    ReplyGrammar texts = listed_texts(listed_values(schema->get_object()), kinds);
    if (!texts.parts.empty()) return texts;
  }
  if (!kinds.string && kinds.any()) {
    return ReplyGrammar{.kind = Kind::json, .schema = of_these_kinds(parameter.schema, kinds)};
  }
  const std::string_view objection = FreeText(parameter.schema).objection(parameter.schema, 0);
  if (objection.empty()) return ReplyGrammar{.kind = Kind::free, .text = std::string(kParameterEnd)};
  return refuse(tool, fmt::format("as plain text, so parameter \"{}\" cannot be held to its \"{}\"",
                                  parameter.name, objection));
}

}  // namespace ferry
