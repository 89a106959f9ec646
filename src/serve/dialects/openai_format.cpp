#include "serve/dialects/openai_format.h"

#include <utility>

namespace ferry {
namespace {

constexpr size_t kMaxChoices = 65536;

using Kind = OutputFormat::Kind;

class FormatReader {
 public:
  explicit FormatReader(GenerationRequest& request) : request_(request) {}

  // A JSON Schema, as an object (or a boolean) or its text.
  void schema(FieldReader& fields, std::string_view name) {
    const json::value* value = fields.get(name);
    if (value == nullptr) return;
    if (value->is_object() || value->is_bool()) return take_schema(fields, name, *value);
    if (!value->is_string()) return fields.refuse(name, "must be a JSON Schema, or its text");
    Result<json::value> parsed = parse_json(value->get_string(), fields.path() + std::string(name));
    if (!parsed) return fields.refuse(name, fmt::format("is no JSON: {}", parsed.error().message));
    if (!parsed->is_object() && !parsed->is_bool()) {
      return fields.refuse(name, "must hold a JSON Schema: an object");
    }
    take_schema(fields, name, *std::move(parsed));
  }
  void text(FieldReader& fields, std::string_view name, Kind kind) {
    auto text = fields.text(name);
    if (text && !text->empty()) set(fields, name, {.kind = kind, .text = *std::move(text)});
  }
  void choices(FieldReader& fields, std::string_view name) {
    std::vector<std::string> choices = fields.texts(name, kMaxChoices);
    if (!choices.empty()) set(fields, name, {.kind = Kind::choice, .choices = std::move(choices)});
  }
  void object(FieldReader& fields, std::string_view name) {
    if (fields.boolean(name).value_or(false)) set(fields, name, {.kind = Kind::json_object});
  }
  // Of the schema that has been read.
  void key_order(FieldReader& fields, bool in_order) {
    const auto order = fields.text("key_order");
    if (order && *order != "schema" && *order != "model") {
      return fields.refuse("key_order", "must be schema or model");
    }
    if (request_.format) request_.format->in_order = order ? *order == "schema" : in_order;
  }
  // The same, with what else stands beside a schema of OpenAI's.
  void describe(FieldReader& fields) {
    const std::optional<std::string> name = fields.text("name");
    const std::optional<std::string> description = fields.text("description");
    // A schema is kept to either way. What OpenAI promises of strict ones beside that is their order.
    const std::optional<bool> strict = fields.boolean("strict");
    key_order(fields, strict.value_or(false));
    if (fields.failed() || !request_.format) return;
    request_.format->name = name.value_or("");
    request_.format->description = description.value_or("");
    request_.format->strict = strict;
  }
  void set(FieldReader& fields, std::string_view name, OutputFormat format) {
    format.field = fields.path() + std::string(name);
    if (request_.format) {
      return fields.refuse(name,
                           fmt::format("and {} both say what the answer must be", request_.format->field));
    }
    request_.format = std::move(format);
  }

 private:
  void take_schema(FieldReader& fields, std::string_view name, json::value schema) {
    set(fields, name, {.kind = Kind::json_schema, .schema = std::move(schema)});
  }

  GenerationRequest& request_;
};

// {"type": "json_schema", "json_schema": {"name": …, "schema": {…}}}; llama.cpp's form has the schema at
// once.
void read_response_format(FieldReader& fields, FormatReader& formats) {
  const json::object* object = fields.object("response_format");
  if (object == nullptr) return;
  FieldReader format(*object, fields.path() + "response_format.");
  const std::string type = format.text("type").value_or("");
  if (type == "json_schema") {
    if (const json::object* named = format.object("json_schema")) {
      FieldReader inner(*named, format.path() + "json_schema.");
      if (inner.get("schema") == nullptr) inner.refuse_missing("schema", "must be a JSON Schema");
      formats.schema(inner, "schema");
      formats.describe(inner);
      format.take_failure(inner);
    } else if (format.get("schema") != nullptr) {
      formats.schema(format, "schema");
    } else {
      format.refuse_missing("json_schema", "must be an object with a schema");
    }
  } else if (type == "json_object") {
    // llama.cpp's clients may give a schema here, too.
    if (format.get("schema") != nullptr) {
      formats.schema(format, "schema");
    } else {
      formats.set(fields, "response_format", {.kind = Kind::json_object});
    }
  } else if (type == "structural_tag") {
    format.note("type", "\"structural_tag\" is not supported yet", Feature::foreign);
  } else if (type.empty()) {
    format.refuse("type", "must be text, json_object or json_schema");
  } else if (type != "text") {
    format.note("type", "must be text, json_object or json_schema", Feature::foreign,
                ErrorCode::invalid_argument);
  }
  fields.take_member("response_format", format);
}

void read_structured_outputs(FieldReader& fields, FormatReader& formats, GenerationRequest& request) {
  const json::object* object = fields.object("structured_outputs");
  if (object == nullptr) return;
  FieldReader inner(*object, fields.path() + "structured_outputs.");
  formats.schema(inner, "json");
  formats.text(inner, "regex", Kind::regex);
  formats.choices(inner, "choice");
  formats.text(inner, "grammar", Kind::gbnf);
  formats.object(inner, "json_object");
  if (inner.boolean("disable_any_whitespace").value_or(false) && request.format)
    request.format->compact = true;
  formats.key_order(inner, false);
  constexpr UnsupportedField unsupported[] = {{"whitespace_pattern", ""},
                                              {"structural_tag", ""},
                                              {"disable_additional_properties", "true"},
                                              {"disable_fallback", "true"}};
  inner.refuse_unsupported(unsupported);
  if (const auto unknown = inner.unknown(); !unknown.empty()) inner.refuse(unknown.front(), "is not known");
  fields.take_member("structured_outputs", inner);
}

// Ollama's: "json", or a schema.
void read_ollama_format(FieldReader& fields, FormatReader& formats) {
  const json::value* value = fields.get("format");
  if (value == nullptr) return;
  if (!value->is_string()) return formats.schema(fields, "format");
  const std::string_view text = value->get_string();
  if (text == "json") return formats.set(fields, "format", {.kind = Kind::json_object});
  if (!text.empty()) fields.refuse("format", "must be \"json\" or a JSON Schema");
}

}  // namespace

void read_output_format(FieldReader& fields, GenerationRequest& request) {
  FormatReader formats(request);
  read_response_format(fields, formats);
  read_structured_outputs(fields, formats, request);
  formats.schema(fields, "guided_json");
  formats.text(fields, "guided_regex", Kind::regex);
  formats.choices(fields, "guided_choice");
  formats.text(fields, "guided_grammar", Kind::gbnf);
  formats.schema(fields, "json_schema");
  formats.text(fields, "grammar", Kind::gbnf);
  formats.text(fields, "regex", Kind::regex);
  formats.text(fields, "ebnf", Kind::gbnf);
  read_ollama_format(fields, formats);
}

}  // namespace ferry
