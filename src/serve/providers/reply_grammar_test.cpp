// Forced and strict calls: whatever tokens are picked among those that the grammar admits, the text is read
// back as calls of the tools, with arguments that their schemas admit. In every syntax, with markers as
// special tokens and as ordinary text.

#include "serve/providers/reply_grammar.h"

#include <set>

#include <gtest/gtest.h>

#include "base/core/file.h"
#include "base/core/rng.h"
#include "serve/replies/reply_parser.h"

namespace ferry {
namespace {

constexpr ToolSyntax kSyntaxes[] = {
    ToolSyntax::hermes,       ToolSyntax::qwen3_coder, ToolSyntax::seed_oss,
    ToolSyntax::llama3_json,  ToolSyntax::pythonic,    ToolSyntax::mistral_list,
    ToolSyntax::mistral_args, ToolSyntax::deepseek_v3, ToolSyntax::deepseek_v31,
};

// A small byte-level tokenizer. Its first added token ends answers; the syntax's markers are added tokens
// too, where wanted.
std::shared_ptr<const Tokenizer> tokenizer_with(std::span<const std::string_view> specials) {
  const std::string path = std::string(FERRY_SOURCE_DIR) + "/tests/golden/tokenizer/qwen2.json";
  json::value file = parse_json(read_file(path).value(), path).value();
  json::array& added = file.at("added_tokens").get_array();
  int64_t next = 0;
  for (const auto& [text, id] : file.at("model").at("vocab").get_object()) {
    next = std::max(next, id.as_int64() + 1);
  }
  for (const json::value& token : added) next = std::max(next, token.at("id").as_int64() + 1);
  for (const std::string_view text : specials) {
    added.push_back(json::object{{"id", next++},
                                 {"content", text},
                                 {"single_word", false},
                                 {"lstrip", false},
                                 {"rstrip", false},
                                 {"normalized", false},
                                 {"special", true}});
  }
  return Tokenizer::from_json(to_json(file), "test").value();
}

HostedModel model_for(ToolSyntax syntax, bool markers_are_special) {
  HostedModel model;
  model.name = "m";
  std::vector<std::string_view> specials = {"<|the_end|>"};
  if (markers_are_special) {
    for (const std::string_view marker : reply_markers({.tools = syntax})) {
      if (marker.size() > 1) specials.push_back(marker);  // a separator is a token like others
    }
  }
  model.tokenizer = tokenizer_with(specials);
  const TokenId end = model.tokenizer->find("<|the_end|>").value();
  model.grammars =
      std::make_unique<GrammarCache>(model.tokenizer, std::span(&end, 1), model.tokenizer->vocab_size());
  return model;
}

json::value schema(std::string_view text) {
  return parse_json(text, "schema").value();
}

GenerationRequest request_with_tools() {
  GenerationRequest request;
  request.messages.emplace_back().role = "user";
  request.tools.tools.push_back({.name = "now", .strict = true});
  request.tools.tools.push_back({.name = "set",
                                 .parameters = schema(R"({"type": "object", "required": ["mode", "level"],
      "additionalProperties": false, "properties": {"mode": {"enum": ["on", "off"]},
        "level": {"enum": [1, 22, 333]}, "sure": {"type": "boolean"}}})"),
                                 .strict = true});
  return request;
}

// Random tokens among the admitted, until the answer ends.
class Walk {
 public:
  Walk(const HostedModel& model, std::shared_ptr<const Grammar> form, uint64_t seed)
      : tokenizer_(*model.tokenizer), state_(std::move(form)), rng_(seed) {}

  // Texts that are forced upon the model, token by token.
  void say(std::string_view text, bool special) {
    const TextPiece piece{text, special};
    for (const TokenId token : tokenizer_.encode_pieces({&piece, 1})) take(token);
  }
  // False where it does not end in time.
  bool finish() {
    for (int i = 0; i < 3000; ++i) {
      EXPECT_TRUE(state_.mask(mask_));
      const bool may_end = state_.may_end();
      if (may_end && rng_.below(3) == 0) return true;
      std::vector<TokenId> admitted;
      for (TokenId token = 0; token < mask_.size(); ++token) {
        if (mask_.contains(token) && tokenizer_.token_text(token) != "<|the_end|>") admitted.push_back(token);
      }
      if (admitted.empty()) return may_end;
      take(admitted[rng_.below(admitted.size())]);
    }
    return false;
  }
  const std::string& text() const { return text_; }

 private:
  void take(TokenId token) {
    ASSERT_TRUE(state_.accept(token)) << text_ << " + " << tokenizer_.token_text(token);
    text_ += tokenizer_.token_bytes(token);
  }

  const Tokenizer& tokenizer_;
  GrammarState state_;
  TokenMask mask_;
  Rng rng_;
  std::string text_;
};

void expect_valid(const ReplyCall& call) {
  const json::value arguments = parse_json(call.arguments, "arguments").value();
  if (call.name == "now") {
    EXPECT_EQ(arguments, json::value(json::object{}));
    return;
  }
  ASSERT_EQ(call.name, "set");
  const json::object& set = arguments.as_object();
  EXPECT_TRUE(set.at("mode") == "on" || set.at("mode") == "off");
  const std::set<int64_t> levels = {1, 22, 333};
  EXPECT_TRUE(levels.contains(set.at("level").as_int64()));
  EXPECT_TRUE(!set.contains("sure") || set.at("sure").is_bool());
  EXPECT_LE(set.size(), 3u);
}

Reply read(const GenerationRequest& request, ToolSyntax syntax, std::string_view text) {
  auto tools = std::make_shared<ReplyTools>();
  for (const ToolDefinition* tool : callable_tools(request.tools)) {
    tools->push_back({.name = tool->name, .parameters = tool->parameters});
  }
  return parse_reply({.syntax = {.tools = syntax}, .tools = tools, .calls = ReplyOptions::Calls::streamed},
                     text);
}

TEST(ReplyGrammars, ForcedCallsAreReadBackInEverySyntax) {
  for (const ToolSyntax syntax : kSyntaxes) {
    for (const bool special : {false, true}) {
      SCOPED_TRACE(fmt::format("{}, special: {}", tool_syntax_name(syntax), special));
      const HostedModel model = model_for(syntax, special);
      GenerationRequest request = request_with_tools();
      request.tools.choice = ToolRequest::Choice::required;
      for (const bool parallel : {false, true}) {
        request.tools.parallel = parallel;
        const auto form = answer_grammar(request, model, syntax);
        ASSERT_TRUE(form) << form.error().error.message;
        std::set<std::string> called;
        size_t most = 0;
        for (uint64_t seed = 0; seed < 12; ++seed) {
          Walk walk(model, *form, seed);
          ASSERT_TRUE(walk.finish()) << walk.text();
          const Reply reply = read(request, syntax, walk.text());
          EXPECT_EQ(reply.content, "") << walk.text();
          ASSERT_GE(reply.calls.size(), 1u) << walk.text();
          most = std::max(most, reply.calls.size());
          for (const ReplyCall& call : reply.calls) {
            expect_valid(call);
            called.insert(call.name);
          }
        }
        EXPECT_EQ(called.size(), 2u) << "both tools are called sometimes";
        EXPECT_EQ(most > 1, parallel) << most;
      }
    }
  }
}

// Words first; then the marker, after which nothing but a valid call can come.
TEST(ReplyGrammars, AnAnnouncedStrictCallIsValidInEverySyntax) {
  for (const ToolSyntax syntax : kSyntaxes) {
    SCOPED_TRACE(tool_syntax_name(syntax));
    const HostedModel model = model_for(syntax, true);
    const GenerationRequest request = request_with_tools();
    const auto form = answer_grammar(request, model, syntax);
    ASSERT_TRUE(form) << form.error().error.message;
    const std::string marker(reply_markers({.tools = syntax}).front());
    for (uint64_t seed = 0; seed < 8; ++seed) {
      Walk walk(model, *form, seed);
      walk.say("Let me see: 5 < 7 {[.\n", false);
      walk.say(marker, true);
      ASSERT_TRUE(walk.finish()) << walk.text();
      const Reply reply = read(request, syntax, walk.text());
      EXPECT_TRUE(reply.content.starts_with("Let me see: 5 < 7 {[.")) << reply.content;
      ASSERT_GE(reply.calls.size(), 1u) << walk.text();
      expect_valid(reply.calls.front());
    }
  }
}

// Llama's and pythonic calls need no marker at an answer's beginning, and are as strict there.
TEST(ReplyGrammars, AnUnannouncedStrictCallIsValid) {
  const std::pair<ToolSyntax, std::string_view> kBeginnings[] = {{ToolSyntax::llama3_json, "{\""},
                                                                 {ToolSyntax::llama3_json, " \n{"},
                                                                 {ToolSyntax::pythonic, "[set("},
                                                                 {ToolSyntax::pythonic, "\n[now("}};
  for (const auto& [syntax, beginning] : kBeginnings) {
    SCOPED_TRACE(fmt::format("{}: {}", tool_syntax_name(syntax), beginning));
    const HostedModel model = model_for(syntax, true);
    const GenerationRequest request = request_with_tools();
    const auto form = answer_grammar(request, model, syntax);
    ASSERT_TRUE(form) << form.error().error.message;
    for (uint64_t seed = 0; seed < 8; ++seed) {
      Walk walk(model, *form, seed);
      walk.say(beginning, false);
      ASSERT_TRUE(walk.finish()) << walk.text();
      const Reply reply = read(request, syntax, walk.text());
      EXPECT_EQ(reply.content, "") << walk.text();
      ASSERT_GE(reply.calls.size(), 1u) << walk.text();
      for (const ReplyCall& call : reply.calls) expect_valid(call);
    }
    Walk words(model, *form, 1);
    words.say(syntax == ToolSyntax::pythonic ? "[1] and [now] { x" : "Let { x", false);
    EXPECT_EQ(read(request, syntax, words.text()).content, words.text());
  }
}

TEST(ReplyGrammars, CallsOrJson) {
  const HostedModel model = model_for(ToolSyntax::hermes, false);
  GenerationRequest request = request_with_tools();
  request.format = OutputFormat{.kind = OutputFormat::Kind::json_schema,
                                .schema = schema(R"({"enum": ["boat", "ship"]})"),
                                .field = "response_format"};
  const auto form = answer_grammar(request, model, ToolSyntax::hermes);
  ASSERT_TRUE(form) << form.error().error.message;
  int calls = 0;
  int words = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Walk walk(model, *form, seed);
    ASSERT_TRUE(walk.finish());
    const Reply reply = read(request, ToolSyntax::hermes, walk.text());
    if (reply.calls.empty()) {
      EXPECT_TRUE(reply.content == "\"boat\"" || reply.content == "\"ship\"") << reply.content;
      ++words;
    } else {
      ++calls;
      EXPECT_EQ(reply.content, "");
    }
  }
  EXPECT_GT(calls, 0);
  EXPECT_GT(words, 0);

  request.format->kind = OutputFormat::Kind::regex;
  request.format->text = "a+";
  const auto both = answer_grammar(request, model, ToolSyntax::hermes);
  ASSERT_FALSE(both);
  EXPECT_EQ(both.error().param, "response_format");
}

TEST(ReplyGrammars, WhichCallsAreConstrained) {
  GenerationRequest request = request_with_tools();
  EXPECT_TRUE(constrains_calls(request.tools)) << "strict";
  for (ToolDefinition& tool : request.tools.tools) tool.strict = false;
  EXPECT_FALSE(constrains_calls(request.tools));
  ToolRequest one_at_most = request.tools;
  one_at_most.parallel = false;
  EXPECT_TRUE(constrains_calls(one_at_most));
  ToolRequest some = request.tools;
  some.allowed = {"set"};
  EXPECT_TRUE(constrains_calls(some));
  EXPECT_EQ(callable_tools(some).size(), 1u);
  ToolRequest required = request.tools;
  required.choice = ToolRequest::Choice::required;
  EXPECT_TRUE(constrains_calls(required));
  required.choice = ToolRequest::Choice::none;
  EXPECT_FALSE(constrains_calls(required));
}

TEST(ReplyGrammars, SchemasThatCannotBeKeptTo) {
  const HostedModel model = model_for(ToolSyntax::hermes, false);
  GenerationRequest request = request_with_tools();
  request.tools.choice = ToolRequest::Choice::required;
  request.tools.tools[1].parameters = schema(R"({"type": "object", "properties": {"a": {"$ref": "#/no"}}})");
  const auto refused = answer_grammar(request, model, ToolSyntax::hermes);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().param, "tools");
  EXPECT_NE(refused.error().error.message.find("'set'"), std::string::npos);
  request.tools.tools[1].strict = false;
  EXPECT_TRUE(answer_grammar(request, model, ToolSyntax::hermes));
}

}  // namespace
}  // namespace ferry
