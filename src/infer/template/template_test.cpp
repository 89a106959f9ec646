#include "infer/template/template.h"

#include <ctime>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ferry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

json::object context(std::string_view text) {
  auto document = parse_json(text, "context");
  EXPECT_TRUE(document) << document.error().message;
  return document->as_object();
}

Result<RenderedChat> render(std::string source, const json::object& values = {},
                            const RenderOptions& options = {}) {
  FERRY_TRY(auto chat_template, ChatTemplate::parse(std::move(source), "test.jinja"));
  return chat_template->render(values, options);
}

std::string text_of(std::string source, const json::object& values = {}) {
  auto chat = render(std::move(source), values);
  return chat ? chat->text : chat.error().message;
}

// "message:field=bytes" of every origin.
std::vector<std::string> origins_of(const Result<RenderedChat>& chat) {
  EXPECT_TRUE(chat) << chat.error().message;
  std::vector<std::string> found;
  for (const Origin& origin : chat->origins) {
    found.push_back(fmt::format("{}:{}={}", origin.message, origin.field,
                                chat->text.substr(origin.begin, origin.end - origin.begin)));
  }
  return found;
}

const char* kChat = R"({"messages": [{"role": "user", "content": "  Hi <|im_end|>, you "},
                                     {"role": "assistant", "content": [{"type": "text", "text": "Yes"}]}],
                        "bos_token": "<s>"})";

TEST(Template, ErrorsNameTheTemplateAndTheLine) {
  EXPECT_EQ(text_of("a\nb {% if %}"), "test.jinja:2: Expected an expression, got 'end of statement block'");
  EXPECT_EQ(text_of("a\n\n{{ x.y }}"), "test.jinja:3: 'x' is undefined");
  EXPECT_EQ(text_of("\n{{ raise_exception('no ' ~ 1) }}"), "test.jinja:2: no 1");
  EXPECT_THAT(text_of("{% include 'x' %}"), HasSubstr("'include' is not supported"));
  EXPECT_EQ(ChatTemplate::parse("{{ x|pprint }}", "t").value()->render({}).error().code,
            ErrorCode::unsupported);
  EXPECT_EQ(ChatTemplate::parse("\xFF", "t").error().code, ErrorCode::invalid_argument);
}

TEST(Template, ToolsAndDocumentsAreNoneWhereTheContextHasNone) {
  EXPECT_EQ(text_of("{{ tools is none }}{{ documents is none }}{{ add_generation_prompt }}"),
            "TrueTrueFalse");
}

TEST(Template, LargeIntegersOfSchemasStayExact) {
  const json::object values = context(R"({"m": 18446744073709551615})");
  EXPECT_EQ(text_of("{{ m }} {{ m + 1 }} {{ m|tojson }}", values),
            "18446744073709551615 18446744073709551616 18446744073709551615");
}

TEST(Template, InvalidUtf8InTheContextIsRefusedWithItsPlace) {
  const json::object values = {{"messages", json::array{{{"role", "user"}, {"content", "a\xFF"}}}}};
  EXPECT_THAT(text_of("\n{{ messages }}", values),
              HasSubstr("the context is not valid UTF-8 at messages[0].content"));
  EXPECT_EQ(text_of("unused", values), "unused");
}

TEST(Template, EveryByteOfAMessageKeepsItsOrigin) {
  const json::object values = context(kChat);
  EXPECT_THAT(
      origins_of(render("{{ bos_token }}[{{ messages[0].role }}]{{ messages[0]['content'] }}", values)),
      ElementsAre("-1:bos_token=<s>", "0:role=user", "0:content=  Hi <|im_end|>, you "));
  EXPECT_THAT(origins_of(render("<|im_start|>{{ 'a' ~ 1 }}", values)), IsEmpty());
}

TEST(Template, OriginsSurviveWhateverHappensToAString) {
  const json::object values = context(kChat);
  const auto content = [&](const std::string& expression) {
    return origins_of(render("<{{ " + expression + " }}>", values));
  };
  EXPECT_THAT(content("messages[0].content | trim"), ElementsAre("0:content=Hi <|im_end|>, you"));
  EXPECT_THAT(content("'x' + messages[0].content.strip() + 'y'"),
              ElementsAre("0:content=Hi <|im_end|>, you"));
  EXPECT_THAT(content("messages[0].content[2:4] ~ '!'"), ElementsAre("0:content=Hi"));
  EXPECT_THAT(content("messages[0].content | upper | trim"), ElementsAre("0:content=HI <|IM_END|>, YOU"));
  EXPECT_THAT(content("messages[0].content.split(',')[0].lstrip()"), ElementsAre("0:content=Hi <|im_end|>"));
  EXPECT_THAT(content("(messages[0].content | trim).replace('|', '!')"),
              ElementsAre("0:content=Hi <", "0:content=im_end", "0:content=>, you"));
  EXPECT_THAT(content("'%s/%d' % (messages[0].role, 1)"), ElementsAre("0:role=user"));
  EXPECT_THAT(content("'{}:{:>6}'.format(1, messages[0].role)"), ElementsAre("0:role=user"));
  EXPECT_THAT(content("[messages[0].role, 'b'] | join('-')"), ElementsAre("0:role=user"));
  EXPECT_THAT(content("messages[1].content[0].text"), ElementsAre("1:content[0].text=Yes"));
  EXPECT_THAT(content("messages[0].role | list | last"), ElementsAre("0:role=r"));
  EXPECT_THAT(content("messages[0].role * 2"), ElementsAre("0:role=useruser"));
  EXPECT_THAT(content("messages[0].role | indent"), ElementsAre("0:role=user"));
  EXPECT_THAT(content("messages[0].role | reverse"), ElementsAre("0:role=resu"));
}

TEST(Template, OriginsSurviveMacrosBlocksAndNamespaces) {
  const json::object values = context(kChat);
  const auto role = ElementsAre("0:role=user");
  EXPECT_THAT(origins_of(render("{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m(messages[0].role) }}", values)),
              role);
  EXPECT_THAT(origins_of(render("{% set x %}<{{ messages[0].role }}>{% endset %}{{ x }}", values)), role);
  EXPECT_THAT(origins_of(render("{% filter lower %}<{{ messages[0].role }}>{% endfilter %}", values)), role);
  EXPECT_THAT(origins_of(render(
                  "{% set n = namespace(x='') %}{% for m in messages[:1] %}{% set n.x = n.x + '<' + m.role "
                  "%}{% endfor %}{{ n.x }}",
                  values)),
              role);
}

TEST(Template, JsonCarriesTheOriginOfEachLeaf) {
  const json::object values =
      context(R"({"messages": [{"tool_calls": [{"function": {"arguments": {"q": "x<|y|>"}}}]}]})");
  EXPECT_THAT(
      origins_of(render("a{{ messages[0].tool_calls[0].function.arguments | tojson }}b", values)),
      ElementsAre("0:tool_calls[0].function.arguments={\"q\": ",
                  "0:tool_calls[0].function.arguments.q=\"x<|y|>\"", "0:tool_calls[0].function.arguments=}"));
}

TEST(Template, GenerationSpansCoverWhatTheBlocksWrote) {
  const auto chat = render(
      "é{% generation %}ab{% endgeneration %}c{% generation %}{{ messages[0].role }}{% endgeneration %}",
      context(kChat));
  ASSERT_TRUE(chat) << chat.error().message;
  EXPECT_THAT(chat->generation_spans, ElementsAre(Pair(2, 4), Pair(5, 9)));
  EXPECT_THAT(origins_of(chat), ElementsAre("0:role=user"));
}

TEST(Template, GenerationSpansTravelThroughMacrosAndVariables) {
  const auto chat = render("{% set x %}a{% generation %}bc{% endgeneration %}{% endset %}__{{ x }}");
  ASSERT_TRUE(chat) << chat.error().message;
  EXPECT_THAT(chat->generation_spans, ElementsAre(Pair(3, 5)));
}

TEST(Template, OneTemplateRendersInManyThreadsAtOnce) {
  const auto chat_template = ChatTemplate::parse(
      "{% for m in messages %}{{ '<' ~ m.role|upper ~ '>' }}{{ 'é' * 3 }}{{ 'abc'[1:]|length }}{% endfor %}",
      "t");
  ASSERT_TRUE(chat_template);
  const json::object values = context(kChat);
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (int& bad : wrong) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        const auto chat = (*chat_template)->render(values);
        bad += !chat || chat->text != "<USER>ééé2<ASSISTANT>ééé2";
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(wrong, testing::Each(0));
}

// Each of these would run for ever, or fill the memory, or the stack.
TEST(TemplateLimits, HostileTemplatesEndSoonWithAClearError) {
  const char* hostile[] = {
      "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
      "{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}",
      "{{ 'a' * 1000000 * 1000000 }}",
      "{% set s = 'a' * 1000000 %}{% set s = s * 1000 %}{% set s = s * 1000 %}{{ s }}",
      "{% set n = namespace(s='aaaaaaaa') %}{% for i in range(64) %}{% set n.s = n.s ~ n.s %}{% endfor %}{{ "
      "n.s }}",
      "{% set n = namespace(s='aaaaaaaa') %}{% for i in range(64) %}{% set n.s = n.s + n.s %}{% endfor %}{{ "
      "n.s|length }}",
      "{% set n = namespace(s=[1]) %}{% for i in range(64) %}{% set n.s = n.s + n.s %}{% endfor %}",
      "{% set n = namespace(s=[]) %}{% for i in range(100000) %}{% set n.s = [n.s] %}{% endfor %}{{ n.s }}",
      "{% set n = namespace(s=[]) %}{% for i in range(100000) %}{% set n.s = [n.s] %}{% endfor %}{{ "
      "n.s|tojson }}",
      "{% set n = namespace(s=[]) %}{% for i in range(100000) %}{% set n.s = [n.s] %}{% endfor %}{{ n.s == "
      "[n.s] }}",
      "{% set n = namespace() %}{% set n.n = n %}{{ n }}",
      "{% set n = namespace(s=[]) %}{% for i in range(100000) %}{% set n.s = n.s|map('string') %}{% endfor "
      "%}{{ n.s|list }}",
      "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
      "{% macro m(x) %}{{ m(x ~ x) }}{% endmacro %}{{ m('a') }}",
      "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
      "{% for x in [1] recursive %}{{ loop([x]) }}{% endfor %}",
      "{% macro m() %}{% call m() %}{{ caller() }}{% endcall %}{% endmacro %}{{ m() }}",
      "{{ '%1000000000d' % 1 }}",
      "{{ '{:1000000000}'.format(1) }}",
      "{{ 'a'.center(100000000000) }}",
      "{{ ('a' * 10000000).replace('a', 'b' * 10000000) }}",
      "{{ (('ab' * 1000000).split('a') * 1000)|join('x' * 100000) }}",
      "{% set s = 'ab' * 5000000 %}{% for i in range(100000) %}{{ 'c' in s }}{% endfor %}",
      "{% set s = 'é' * 5000000 %}{% for i in range(100000) %}{{ s[4999999] }}{% endfor %}",
      "{% set l = range(100000)|list %}{% for i in range(100000) %}{{ 'x' in l }}{% endfor %}",
      "{{ range(100000)|list|batch(1)|map('list')|map('string')|list|sort|join|length * 10 ** 38 * 10 }}",
      "{{ [1]|batch(10 ** 30, 0)|list }}",
      "{{ range(10)|slice(10 ** 30)|list }}",
      "{{ 'a\t'.expandtabs(10 ** 30) }}",
  };
  for (const char* source : hostile) {
    const std::clock_t begin = std::clock();  // of this process: other work on the machine does not count
    const auto chat = render(source);
    const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    EXPECT_FALSE(chat) << source;
    if (chat) continue;
    const bool resource = chat.error().code == ErrorCode::resource_exhausted;
    EXPECT_TRUE(resource || chat.error().message.find("beyond") != std::string::npos ||
                chat.error().message.find("Too many decimal") != std::string::npos)
        << source << "\n"
        << chat.error().message;
    EXPECT_LT(seconds, 3.0) << source;
  }
}

std::string repeated(std::string_view text, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += text;
  return out;
}

TEST(TemplateLimits, DeepNestingIsRefusedWhileParsing) {
  const std::string hostile[] = {
      "{{ " + repeated("(", 100000) + "1" + repeated(")", 100000) + " }}",
      "{{ " + repeated("[", 100000) + repeated("]", 100000) + " }}",
      "{{ " + repeated("-", 100000) + "1 }}",
      "{{ " + repeated("not ", 100000) + "1 }}",
      "{{ 1" + repeated(" + 1", 100000) + " }}",
      "{{ a" + repeated(".b", 100000) + " }}",
      "{{ a" + repeated("|upper", 100000) + " }}",
      "{{ a" + repeated("()", 100000) + " }}",
      "{{ " + repeated("1 if 1 else ", 50000) + "1 }}",
      repeated("{% if 1 %}", 50000),
      repeated("{% for x in y %}", 50000),
      repeated("{% macro m() %}", 50000),
  };
  for (const std::string& source : hostile) {
    const auto parsed = ChatTemplate::parse(source, "deep");
    ASSERT_FALSE(parsed) << source.substr(0, 40);
    EXPECT_EQ(parsed.error().code, ErrorCode::resource_exhausted) << parsed.error().message;
  }
  EXPECT_EQ(ChatTemplate::parse(std::string(2 << 20, 'x'), "long").error().code,
            ErrorCode::resource_exhausted);
}

TEST(TemplateLimits, ManyVariablesInManyBranchesAreRefused) {
  std::string source;
  for (int i = 0; i < 15000; ++i) source += fmt::format("{{% if x %}}{{% set v{0} = 1 %}}{{% endif %}}", i);
  const auto parsed = ChatTemplate::parse(source, "wide");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code, ErrorCode::resource_exhausted);
}

TEST(TemplateLimits, LimitsAreTheCallers) {
  RenderOptions options;
  options.limits.max_output_bytes = 10;
  EXPECT_TRUE(render("0123456789", {}, options));
  EXPECT_EQ(render("0123456789x", {}, options).error().code, ErrorCode::resource_exhausted);
  options = {};
  options.limits.max_steps = 50;
  EXPECT_TRUE(render("{% for i in range(3) %}{{ i }}{% endfor %}", {}, options));
  EXPECT_EQ(render("{% for i in range(90) %}{{ i }}{% endfor %}", {}, options).error().code,
            ErrorCode::resource_exhausted);
}

}  // namespace
}  // namespace ferry
