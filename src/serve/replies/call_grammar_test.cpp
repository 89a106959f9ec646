#include "serve/replies/call_grammar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/core/rng.h"

namespace ferry {
namespace {

using Kind = ReplyGrammar::Kind;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr ToolSyntax kSyntaxes[] = {
    ToolSyntax::hermes,       ToolSyntax::qwen3_coder, ToolSyntax::seed_oss,
    ToolSyntax::llama3_json,  ToolSyntax::pythonic,    ToolSyntax::mistral_list,
    ToolSyntax::mistral_args, ToolSyntax::deepseek_v3, ToolSyntax::deepseek_v31,
};

json::value schema(std::string_view text) {
  return parse_json(text, "schema").value();
}

ReplyTools tools() {
  return {
      {.name = "now", .parameters = {}},
      {.name = "save", .parameters = schema(R"({"type": "object", "required": ["text", "mode", "colour"],
          "additionalProperties": false,
          "$defs": {"Tags": {"type": "array", "items": {"type": "string"}}},
          "properties": {
            "days": {"type": "integer"}, "text": {"type": "string"}, "tags": {"$ref": "#/$defs/Tags"},
            "mode": {"type": ["string", "null"]}, "force": {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
            "colour": {"type": "string", "enum": ["red", "7", "\"blue\"\n"]}}})")},
      {.name = "pick", .parameters = schema(R"({"type": "object", "properties": {
            "level": {"enum": [1, "one", null, "null"]}, "ratio": {"type": "number"}}})")},
  };
}

// Draws texts from a grammar.
class Sampler {
 public:
  explicit Sampler(uint64_t seed) : rng_(seed) {}

  std::string sample(const ReplyGrammar& grammar) {
    std::string text;
    write(grammar, text);
    return text;
  }

 private:
  void write(const ReplyGrammar& grammar, std::string& out) {
    switch (grammar.kind) {
      case Kind::literal:
      case Kind::marker:
        out += grammar.text;
        break;
      case Kind::json:
        out += to_json(value(grammar.schema, grammar.schema));
        break;
      case Kind::free:
        out += free_text(grammar.text);
        break;
      case Kind::sequence:
        for (const ReplyGrammar& part : grammar.parts) write(part, out);
        break;
      case Kind::choice:
        write(grammar.parts[rng_.below(grammar.parts.size())], out);
        break;
      case Kind::optional:
        if (rng_.below(2) == 0) write(grammar.parts[0], out);
        break;
      case Kind::repeat:
        for (uint64_t times = rng_.below(3); times > 0; --times) write(grammar.parts[0], out);
        break;
    }
  }

  std::string free_text(std::string_view stop) {
    const std::string_view pieces[] = {"a",    "\n",          "\"\\",   "</par",
                                       "null", "1",           "{\"a\"", "</function>",
                                       "é",    "<tool_call>", " ",      "<parameter=x>"};
    std::string text;
    for (uint64_t n = rng_.below(6); n > 0; --n) text += pieces[rng_.below(std::size(pieces))];
    return (text + std::string(stop)).find(stop) == text.size() ? text : "";
  }

  // Valid by as much of JSON Schema as the tools here use.
  json::value value(const json::value& given, const json::value& root) {
    json::object s = given.get_object();
    if (const json::value* reference = s.if_contains("$ref")) {
      boost::system::error_code error;
      s = root.find_pointer(std::string_view(reference->get_string()).substr(1), error)->get_object();
    }
    if (const json::value* values = s.if_contains("enum")) {
      return values->get_array()[rng_.below(values->get_array().size())];
    }
    if (const json::value* choices = s.if_contains("anyOf")) {
      return value(choices->get_array()[rng_.below(choices->get_array().size())], root);
    }
    const json::value& type = s.at("type");
    if (type.is_array()) s["type"] = type.get_array()[rng_.below(type.get_array().size())];
    return of_type(s, root);
  }

  json::value of_type(const json::object& s, const json::value& root) {
    const std::string_view type = s.at("type").get_string();
    if (type == "string") return json::value(free_text("\x01"));
    if (type == "integer") return static_cast<int64_t>(rng_.next());
    if (type == "number") return rng_.uniform() * 1e6 - 1e5;
    if (type == "boolean") return rng_.below(2) == 0;
    if (type == "null") return nullptr;
    if (type == "array") {
      json::array items;
      for (uint64_t n = rng_.below(3); n > 0; --n) items.push_back(value(s.at("items"), root));
      return items;
    }
    json::object object;
    for (const auto& property : s.at("properties").get_object()) {
      const json::value* required = s.if_contains("required");
      const bool must =
          required != nullptr && std::ranges::find(required->get_array(), json::value(property.key())) !=
                                     required->get_array().end();
      if (must || rng_.below(2) == 0) object[property.key()] = value(property.value(), root);
    }
    return object;
  }

  Rng rng_;
};

bool fits_type(const json::value& value, std::string_view type) {
  if (type == "integer") return value.is_int64() || value.is_uint64();
  if (type == "number") return value.is_number();
  if (type == "string") return value.is_string();
  return type == "null" && value.is_null();
}

bool fits(const json::value& value, const json::object& s) {
  if (const json::value* values = s.if_contains("enum")) {
    return std::ranges::find(values->get_array(), value) != values->get_array().end();
  }
  if (s.contains("$ref")) {
    return value.is_array() &&
           std::ranges::all_of(value.get_array(), [](const auto& v) { return v.is_string(); });
  }
  if (s.contains("anyOf")) return value.is_bool() || value.is_null();
  const json::value& type = s.at("type");
  if (type.is_string()) return fits_type(value, type.get_string());
  return std::ranges::any_of(type.get_array(),
                             [&](const auto& t) { return fits_type(value, t.get_string()); });
}

void expect_valid(const ReplyCall& call) {
  const json::object arguments = parse_json(call.arguments, "arguments").value().as_object();
  const ReplyTools all = tools();
  const auto tool = std::ranges::find(all, call.name, &ReplyTool::name);
  ASSERT_NE(tool, all.end()) << call.name;
  if (tool->parameters.is_null()) {
    EXPECT_TRUE(arguments.empty()) << call.arguments;
    return;
  }
  const json::object& properties = tool->parameters.at("properties").get_object();
  for (const auto& argument : arguments) {
    ASSERT_TRUE(properties.contains(argument.key())) << call.arguments;
    EXPECT_TRUE(fits(argument.value(), properties.at(argument.key()).get_object()))
        << argument.key() << " in " << call.arguments;
  }
  if (const json::value* required = tool->parameters.get_object().if_contains("required")) {
    for (const json::value& name : required->get_array()) {
      EXPECT_TRUE(arguments.contains(name.get_string())) << call.arguments;
    }
  }
}

ReplyOptions options(ToolSyntax syntax) {
  return {.syntax = {syntax, ThoughtSyntax::think}, .tools = std::make_shared<const ReplyTools>(tools())};
}

TEST(CallGrammar, EveryTextItAdmitsIsReadAsValidCalls) {
  Sampler sampler(1);
  for (const ToolSyntax syntax : kSyntaxes) {
    for (const CallDuty duty : {CallDuty::may, CallDuty::must}) {
      for (const bool parallel : {false, true}) {
        SCOPED_TRACE(fmt::format("{} {} {}", tool_syntax_name(syntax), duty == CallDuty::must, parallel));
        const CallConstraint constraint = constrain_calls(syntax, tools(), duty, parallel).value();
        for (int i = 0; i < 300; ++i) {
          const std::string text = sampler.sample(constraint.grammar);
          SCOPED_TRACE(text);
          const Reply reply = parse_reply(options(syntax), text);
          ASSERT_EQ(reply.content, "");
          ASSERT_GE(reply.calls.size(), 1u);
          for (const ReplyCall& call : reply.calls) expect_valid(call);
        }
      }
    }
  }
}

TEST(CallGrammar, SeveralCallsOnlyWhereTheyAreParallel) {
  Sampler sampler(2);
  for (const ToolSyntax syntax : kSyntaxes) {
    for (const bool parallel : {false, true}) {
      const CallConstraint constraint = constrain_calls(syntax, tools(), CallDuty::must, parallel).value();
      EXPECT_THAT(constraint.triggers, ElementsAre());
      EXPECT_FALSE(constraint.goes_on);
      size_t most = 0;
      for (int i = 0; i < 50; ++i) {
        most = std::max(most, parse_reply(options(syntax), sampler.sample(constraint.grammar)).calls.size());
      }
      EXPECT_EQ(most > 1, parallel) << tool_syntax_name(syntax);
    }
  }
}

TEST(CallGrammar, AnAnswerInWordsIsConstrainedFromATriggerOn) {
  Sampler sampler(3);
  for (const ToolSyntax syntax : kSyntaxes) {
    SCOPED_TRACE(tool_syntax_name(syntax));
    const CallConstraint constraint = constrain_calls(syntax, tools(), CallDuty::may, true).value();
    EXPECT_TRUE(constraint.goes_on);
    for (int i = 0; i < 50; ++i) {
      const std::string text = sampler.sample(constraint.grammar);
      EXPECT_TRUE(std::ranges::any_of(constraint.triggers, [&](const auto& t) {
        return text.starts_with(t);
      })) << text;
      const Reply reply = parse_reply(options(syntax), "So: " + text + "Done.");
      EXPECT_EQ(reply.content, "So:Done.");
    }
    if (constraint.openings.empty()) continue;
    for (int i = 0; i < 50; ++i) {
      const std::string text = sampler.sample(constraint.opening);
      const Reply reply = parse_reply(options(syntax), text);
      EXPECT_EQ(reply.content, "") << text;
      EXPECT_GE(reply.calls.size(), 1u) << text;
    }
  }
}

std::string error_of(ToolSyntax syntax, std::string_view parameters, std::string name = "f") {
  const ReplyTools one{{.name = std::move(name), .parameters = schema(parameters)}};
  const auto result = constrain_calls(syntax, one, CallDuty::must, false);
  return result ? "" : result.error().message;
}

TEST(CallGrammar, SaysWhatItCannotHoldAModelTo) {
  EXPECT_EQ(
      error_of(ToolSyntax::qwen3_coder,
               R"({"type": "object", "properties": {"a": {"type": "string", "pattern": "x"}}})"),
      "tool \"f\": the model writes parameters one by one, as plain text, so parameter \"a\" cannot be held "
      "to its \"pattern\"");
  EXPECT_EQ(error_of(ToolSyntax::hermes,
                     R"({"type": "object", "properties": {"a": {"type": "string", "pattern": "x"}}})"),
            "");
  EXPECT_EQ(
      error_of(ToolSyntax::pythonic, R"({"type": "object", "patternProperties": {}})"),
      "tool \"f\": the model writes parameters one by one, so its schema cannot have \"patternProperties\"");
  EXPECT_EQ(error_of(ToolSyntax::pythonic, R"({"type": "object", "required": ["a"]})"),
            "tool \"f\": the model writes parameters one by one, so what is \"required\" must be among the "
            "\"properties\"");
  EXPECT_EQ(error_of(ToolSyntax::qwen3_coder, R"({"properties": {"a": {"$ref": "#"}}})"),
            "tool \"f\": the model writes parameters one by one, so a \"$ref\" must lead into \"$defs\"");
  EXPECT_EQ(error_of(ToolSyntax::hermes, R"({"type": "string"})"),
            "tool \"f\": its parameters must be a JSON Schema of an object");
  EXPECT_THAT(error_of(ToolSyntax::mistral_args, "{}", "f[ARGS]"),
              HasSubstr("cannot write the name \"f[ARGS]\""));
  EXPECT_THAT(error_of(ToolSyntax::pythonic, R"({"properties": {"a-b": {}}})"),
              HasSubstr("cannot write the name \"a-b\""));
  EXPECT_EQ(error_of(ToolSyntax::none, "{}"), "the model's chat template does not say how it calls tools");
  EXPECT_EQ(constrain_calls(ToolSyntax::hermes, {}, CallDuty::must, true).error().code,
            ErrorCode::invalid_argument);
}

TEST(CallGrammar, DefinitionsAreNotMultipliedWithoutEnd) {
  json::object definitions{{"A", std::string(100'000, 'x')}};
  json::object properties;
  for (int i = 0; i < 100; ++i) properties[fmt::format("p{}", i)] = json::object{{"$ref", "#/$defs/A"}};
  const ReplyTools one{
      {.name = "f", .parameters = json::object{{"$defs", definitions}, {"properties", properties}}}};
  const auto result = constrain_calls(ToolSyntax::pythonic, one, CallDuty::must, false);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::resource_exhausted);
}

}  // namespace
}  // namespace ferry
