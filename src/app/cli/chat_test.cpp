#include "app/cli/chat.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "app/api/fake_provider.h"
#include "app/cli/answer_printer.h"
#include "app/cli/test_console.h"
#include "app/cli/text_table.h"
#include "base/core/file.h"

namespace ferry::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class Over final : public RunningExchange {
  void cancel() override {}
};

// Remembers what it was asked, and answers with the number of messages.
class CountingProvider final : public Provider {
 public:
  std::shared_ptr<RunningExchange> generate(GenerationRequest request, AnswerSink sink) override {
    requests.push_back(std::move(request));
    sink.started();
    sink.delta({.index = 0,
                .text = fmt::format("heard {}", requests.back().messages.size()),
                .logprobs = {},
                .finish = FinishReason::stop});
    sink.finished({.prompt_tokens = 9, .completion_tokens = 4});
    return std::make_shared<Over>();
  }
  std::vector<GenerationRequest> requests;
};

struct ChatRun {
  std::string out;
  std::string err;
};

ChatRun chat(Provider& provider, const std::string& input, ChatSettings settings = {}) {
  TestConsole test(input);
  const auto reader = make_stream_reader(test.in);
  settings.model = "fake";
  Chat(provider, test.console, *reader, std::move(settings)).run();
  return {test.out.str(), test.err.str()};
}

TEST(Chat, EachTurnCarriesTheOnesBefore) {
  CountingProvider provider;
  const ChatRun run = chat(provider, "hello\nagain\n/clear\nanew\n");
  EXPECT_EQ(run.out, "heard 1\n\nheard 3\n\nheard 1\n\n");
  EXPECT_EQ(text_of(provider.requests[1].messages[1]), "heard 1");
  EXPECT_EQ(provider.requests[1].messages[1].role, "assistant");
  EXPECT_EQ(to_json(provider.requests[2].messages[0].raw), R"({"role":"user","content":"anew"})");
}

TEST(Chat, TheSystemMessageStandsFirst) {
  CountingProvider provider;
  chat(provider, "a\n/system You are a pirate.\nb\n/system\nc\n",
       {.model = {}, .system = "Be brief.", .parameters = {}});
  EXPECT_EQ(text_of(provider.requests[0].messages[0]), "Be brief.");
  EXPECT_EQ(provider.requests[1].messages[0].role, "system");
  EXPECT_EQ(text_of(provider.requests[1].messages[0]), "You are a pirate.");
  EXPECT_EQ(provider.requests[2].messages[0].role, "user");
}

TEST(Chat, ParametersAreSetShownAndChecked) {
  CountingProvider provider;
  const ChatRun run =
      chat(provider,
           "/set temperature 0.5\n/set max_tokens 7\n/set seed 3\nx\n/set temperature default\ny\n"
           "/set temperature 9\n/set temprature 1\n/set seed\n/set top_k many\n/show\n");
  EXPECT_EQ(provider.requests[0].sampling.temperature, 0.5);
  EXPECT_EQ(provider.requests[0].stop.max_tokens, 7);
  EXPECT_EQ(provider.requests[1].sampling.temperature, std::nullopt);
  EXPECT_EQ(provider.requests[1].sampling.seed, 3);
  EXPECT_THAT(run.err, HasSubstr("temperature must be 0 to 2"));
  EXPECT_THAT(run.err, HasSubstr("there is no parameter \"temprature\"; there are: temperature"));
  EXPECT_THAT(run.err, HasSubstr("say what to set"));
  EXPECT_THAT(run.err, HasSubstr("top_k: must be an integer"));
  EXPECT_THAT(run.out, HasSubstr("max_tokens             7"));
}

TEST(Chat, MessagesOfSeveralLines) {
  CountingProvider provider;
  chat(provider,
       "\"\"\"one\ntwo\"\"\"\nthree \\\nfour\n\"\"\"\nfive\n\"\"\"\n\"\"\"six\"\"\"\n\n   \n\"\"\"open\nend");
  std::vector<std::string> said;
  for (const GenerationRequest& request : provider.requests) said.push_back(text_of(request.messages.back()));
  EXPECT_THAT(said, ElementsAre("one\ntwo", "three \nfour", "five", "six", "open\nend"));
}

TEST(Chat, AFailureIsToldAndTheMessageForgotten) {
  api::FakeProvider provider;
  const ChatRun run = chat(provider, "refuse invalid_argument\nsay fine\n/show\n");
  EXPECT_THAT(run.err, HasSubstr("as asked: invalid_argument"));
  EXPECT_THAT(run.out, HasSubstr("fine"));
  EXPECT_THAT(run.out, HasSubstr("messages               2"));
}

TEST(Chat, SavesAndLoadsConversations) {
  const auto file = std::filesystem::temp_directory_path() / fmt::format("ferry_chat_{}.json", ::getpid());
  CountingProvider provider;
  chat(provider, "/system Be kind.\nhello\n/save " + file.string() + "\n");
  EXPECT_EQ(read_file(file).value(),
            "{\"messages\":[{\"role\":\"system\",\"content\":\"Be "
            "kind.\"},{\"role\":\"user\",\"content\":\"hello\"},"
            "{\"role\":\"assistant\",\"content\":\"heard 2\"}]}\n");
  EXPECT_EQ(chat(provider, "/load " + file.string() + "\nmore\n").out, "heard 4\n\n");
  ASSERT_TRUE(write_file_atomic(file, R"({"messages":[{"role":"tool","content":"x"}]})"));
  const ChatRun bad = chat(provider, "/load " + file.string() + "\n/load /nowhere\n/save\nhello\n");
  EXPECT_THAT(bad.err, HasSubstr("messages[0]: a message of the role \"tool\""));
  EXPECT_THAT(bad.err, HasSubstr("/nowhere"));
  EXPECT_EQ(bad.out, "heard 1\n\n") << "a bad file changes nothing";
  std::filesystem::remove(file);
}

TEST(Chat, CommandsAreListedSuggestedAndEndTheChat) {
  CountingProvider provider;
  const ChatRun run = chat(provider, "/help\n/hlep\n/exit\nnever sent\n");
  for (const char* name : {"/clear", "/system TEXT", "/set NAME VALUE", "/save FILE", "Ctrl-C"}) {
    EXPECT_THAT(run.out, HasSubstr(name));
  }
  EXPECT_THAT(run.err, HasSubstr("did you mean /help?"));
  EXPECT_TRUE(provider.requests.empty());
}

TEST(Chat, VerbosePrintsTheSpeed) {
  CountingProvider provider;
  EXPECT_THAT(chat(provider, "a\n", {.model = {}, .system = {}, .parameters = {}, .verbose = true}).err,
              HasSubstr("[9 + 4 tokens, first text after"));
}

TEST(Answer, EndsWhenItIsNotWantedAnyMore) {
  api::FakeProvider provider;
  GenerationRequest request;
  request.prompts = {"wait some|text"};
  std::string shown;
  const auto stopped = answer(
      provider, std::move(request), [&](const AnswerPiece& piece) { shown += piece.text; },
      [&] { return shown.find("text") == std::string::npos; });
  ASSERT_TRUE(stopped);
  EXPECT_TRUE(stopped->interrupted);
  EXPECT_EQ(stopped->text, "sometext");
  EXPECT_EQ(provider.cancelled, 1);
}

TEST(AnswerPrinter, ThoughtsAreDimmedOnATerminalAndNowhereElse) {
  const auto printed = [](bool terminal, std::vector<AnswerPiece> pieces) {
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    Console console{.in = in, .out = out, .err = err, .out_is_terminal = terminal};
    AnswerPrinter printer(console);
    for (const AnswerPiece& piece : pieces) printer.print(piece);
    printer.end();
    return out.str();
  };
  const std::vector<AnswerPiece> pieces = {{"H\x07", ""}, {"m", "Y"}, {"", "es"}};
  EXPECT_EQ(printed(true, pieces), "\x1b[2mHm\n\n\x1b[0mYes");
  EXPECT_EQ(printed(false, pieces), "Yes");
  EXPECT_EQ(printed(true, {{"Hm", ""}}), "\x1b[2mHm\x1b[0m") << "cut off in the thought";
}

TEST(Answer, ModelsCannotCommandTheTerminal) {
  EXPECT_EQ(without_controls("a\x1b[31mb\r\n\tc\x07\x7f\xC2\x9B"
                             "31m é"),
            "a[31mb\n\tc31m é");
}

TEST(TextTable, AlignsColumnsByCodePoints) {
  TextTable table;
  table.add({"é", "x"});
  table.add({"long", "y", "z"});
  std::ostringstream out;
  table.print(out);
  EXPECT_EQ(out.str(), "é     x\nlong  y  z\n");
}

TEST(TextTable, NumbersForPeople) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(1000), "1.00 kB");
  EXPECT_EQ(bytes_text(3'450'000'000), "3.45 GB");
  EXPECT_EQ(count_text(12'345'678), "12.3M");
  EXPECT_EQ(count_text(999'999), "1.00M");
}

}  // namespace
}  // namespace ferry::cli
