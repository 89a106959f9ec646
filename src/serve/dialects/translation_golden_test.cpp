// Conversations from one dialect to the other, byte for byte, against tests/golden/dialects/translation. Set
// FERRY_UPDATE_GOLDEN=1 to write the files anew, and check them with validate.py beside them.

#include <cstdlib>
#include <sstream>

#include <gtest/gtest.h>

#include "base/core/file.h"
#include "serve/dialects/wire_dialect.h"

namespace ferry {
namespace {

const ExchangeIdentity kIdentity{
    .id = "msg_or_chat", .created = 1767225600, .model = "mine", .fingerprint = {}};

std::string path_of(std::string_view name) {
  return fmt::format("{}/tests/golden/dialects/translation/{}", FERRY_SOURCE_DIR, name);
}

std::string golden(std::string_view name) {
  return read_file(path_of(name)).value();
}

void expect_golden(std::string_view name, const std::string& text) {
  if (std::getenv("FERRY_UPDATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(write_file_atomic(path_of(name), text));
  }
  EXPECT_EQ(text, golden(name)) << name;
}

// Each request of a file on a line of its own.
void translate_requests(std::string_view from_file, const WireDialect& from, std::string_view to_file,
                        const WireDialect& to) {
  std::string out;
  const json::value requests = parse_json(golden(from_file), from_file).value();
  for (const auto& [name, body] : requests.get_object()) {
    SCOPED_TRACE(std::string_view(name));
    auto request = from.read_request(to_json(body));
    ASSERT_TRUE(request) << request.error().error.message;
    const auto warnings = apply_features(*request, to.expressible, FeaturePolicy::reject);
    ASSERT_TRUE(warnings) << warnings.error().error.message;
    const auto written = to.write_request(*request, {.model = "upstream"});
    ASSERT_TRUE(written) << written.error().error.message;
    out += fmt::format("{}\"{}\": {}", out.empty() ? "{\n" : ",\n", std::string_view(name), written->body);
  }
  expect_golden(to_file, out + "\n}\n");
}

void translate_answer(std::string_view from_file, const WireDialect& from, std::string_view to_file,
                      const WireDialect& to) {
  const auto answer = from.read_answer(golden(from_file));
  ASSERT_TRUE(answer) << answer.error().error.message;
  expect_golden(to_file, to.write_answer(kIdentity, answer->result, {}) + "\n");
}

void translate_stream(std::string_view from_file, const WireDialect& from, std::string_view to_file,
                      const WireDialect& to) {
  GenerationRequest request;
  request.stream_usage = true;
  std::string out;
  const auto emit = [&](std::string_view data, std::string_view) { out.append(data).append("\n"); };
  const auto reader = from.read_events();
  const auto writer = to.write_events(kIdentity, request);
  Usage usage;
  bool ended = false;
  writer->begin(emit);
  std::istringstream lines(golden(from_file));
  for (std::string line; std::getline(lines, line);) {
    const EventReading reading = reader->read("", line);
    ASSERT_FALSE(reading.error) << reading.error->error.message;
    for (const GenerationDelta& delta : reading.deltas) writer->delta(delta, emit);
    if (reading.usage) usage = *reading.usage;
    ended |= reading.ended;
  }
  ASSERT_TRUE(ended);
  writer->end(usage, emit);
  expect_golden(to_file, out);
}

TEST(Translation, Requests) {
  translate_requests("anthropic_requests.json", kAnthropicMessages, "anthropic_requests_as_openai.json",
                     kOpenAiChat);
  translate_requests("openai_requests.json", kOpenAiChat, "openai_requests_as_anthropic.json",
                     kAnthropicMessages);
}

TEST(Translation, Answers) {
  translate_answer("anthropic_answer.json", kAnthropicMessages, "anthropic_answer_as_openai.json",
                   kOpenAiChat);
  translate_answer("openai_answer.json", kOpenAiChat, "openai_answer_as_anthropic.json", kAnthropicMessages);
}

TEST(Translation, Streams) {
  translate_stream("anthropic_stream.jsonl", kAnthropicMessages, "anthropic_stream_as_openai.jsonl",
                   kOpenAiChat);
  translate_stream("openai_stream.jsonl", kOpenAiChat, "openai_stream_as_anthropic.jsonl",
                   kAnthropicMessages);
}

}  // namespace
}  // namespace ferry
