// Templates against what jinja2 and transformers made of them (tests/golden/template, written by make.py).

#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "base/core/file.h"
#include "infer/template/template.h"

namespace ferry {
namespace {

// Of every golden file: 5 December 2024, 14:03:09.
std::tm golden_time() {
  std::tm time{};
  time.tm_year = 124;
  time.tm_mon = 11;
  time.tm_mday = 5;
  time.tm_hour = 14;
  time.tm_min = 3;
  time.tm_sec = 9;
  return time;
}

std::string_view member(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains(key);
  return found == nullptr || !found->is_string() ? std::string_view() : std::string_view(found->get_string());
}

Result<RenderedChat> render(std::string_view source, std::string_view name, const json::object& context) {
  FERRY_TRY(auto chat_template, ChatTemplate::parse(std::string(source), name));
  return chat_template->render(context, {.limits = {}, .now = golden_time()});
}

json::value read_golden(const std::string& path) {
  auto text = read_file(path);
  EXPECT_TRUE(text) << text.error().message;
  auto document = parse_json(*text, path);
  EXPECT_TRUE(document) << document.error().message;
  return *std::move(document);
}

std::string fnv1a(std::string_view text) {
  uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return fmt::format("{:016x}", hash);
}

size_t byte_of_char(std::string_view text, size_t chars) {
  size_t byte = 0;
  for (; chars > 0; --chars) {
    do ++byte;
    while (byte < text.size() && (static_cast<unsigned char>(text[byte]) & 0xC0) == 0x80);
  }
  return byte;
}

// transformers counts characters, and has empty and adjoining spans.
std::vector<std::pair<size_t, size_t>> expected_spans(const json::object& one, std::string_view text) {
  std::vector<std::pair<size_t, size_t>> spans;
  for (const json::value& span : one.at("spans").as_array()) {
    const size_t begin = byte_of_char(text, span.as_array()[0].to_number<size_t>());
    const size_t end = byte_of_char(text, span.as_array()[1].to_number<size_t>());
    if (begin == end) continue;
    if (!spans.empty() && spans.back().second == begin) {
      spans.back().second = end;
    } else {
      spans.emplace_back(begin, end);
    }
  }
  return spans;
}

void check_case(const json::object& one, const json::object& context) {
  const std::string_view source = member(one, "template");
  const auto rendered = render(source, "golden", context);
  const std::string got = rendered ? "output: " + rendered->text : "error: " + rendered.error().message;
  if (one.contains("error")) {
    EXPECT_FALSE(rendered) << source << "\n" << got << "\nexpected error: " << member(one, "error");
    return;
  }
  EXPECT_EQ(got, fmt::format("output: {}", member(one, "output"))) << source;
  if (rendered && one.contains("spans")) {
    EXPECT_EQ(rendered->generation_spans, expected_spans(one, rendered->text)) << source;
  }
}

TEST(TemplateGolden, SnippetsRenderAsInJinja) {
  const json::value golden = read_golden(FERRY_SOURCE_DIR "/tests/golden/template/snippets.json");
  const json::object& context = golden.at("context").as_object();
  for (const json::value& one : golden.at("cases").as_array()) check_case(one.as_object(), context);
}

TEST(TemplateGolden, MessagesOfErrorsAreJinjasWhereTemplatesMeetThem) {
  const json::value golden = read_golden(FERRY_SOURCE_DIR "/tests/golden/template/snippets.json");
  const json::object& context = golden.at("context").as_object();
  size_t undefined = 0;
  for (const json::value& one : golden.at("cases").as_array()) {
    const std::string_view expected = member(one.as_object(), "error");
    const bool common = expected.ends_with("is undefined") ||
                        expected.find("has no attribute") != std::string::npos ||
                        expected.starts_with("can only concatenate") || expected == "stop here";
    if (!common) continue;
    const auto rendered = render(member(one.as_object(), "template"), "golden", context);
    ASSERT_FALSE(rendered);
    EXPECT_TRUE(rendered.error().message.ends_with(expected)) << rendered.error().message << "\n" << expected;
    ++undefined;
  }
  EXPECT_GT(undefined, 10u);
}

TEST(TemplateGolden, RealTemplatesRenderAsInTransformers) {
  const std::string folder = FERRY_DATA_DIR "/templates/";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no real templates in " << folder;
  const json::value golden = read_golden(FERRY_SOURCE_DIR "/tests/golden/template/models.json");
  for (const json::value& value : golden.at("cases").as_array()) {
    const json::object& one = value.as_object();
    const std::string model(member(one, "model"));
    const std::string_view conversation = member(one, "conversation");
    const auto source = read_file(folder + model + ".jinja");
    ASSERT_TRUE(source) << source.error().message;
    const json::object& context = golden.at("contexts").at(conversation).as_object();
    const auto rendered = render(*source, model, context);
    const std::string got = rendered ? rendered->text : rendered.error().message;
    if (one.contains("error")) {
      EXPECT_FALSE(rendered) << model << " " << conversation << "\n" << got;
      // Python's stack, our depth: the template recurses without end.
      const bool recursion =
          member(one, "error") == "RecursionError" && got.find("nests more than") != got.npos;
      EXPECT_TRUE(recursion || got.ends_with(member(one, "error"))) << model << " " << conversation << "\n"
                                                                    << got << "\n"
                                                                    << member(one, "error");
      continue;
    }
    ASSERT_TRUE(rendered) << model << " " << conversation << ": " << got;
    EXPECT_EQ(got.size(), one.at("bytes").to_number<size_t>()) << model << " " << conversation << "\n" << got;
    EXPECT_EQ(fnv1a(got), member(one, "fnv1a")) << model << " " << conversation << "\n" << got;
  }
}

// tests/golden/template/differ.py puts its random cases into such a file.
TEST(TemplateGolden, CasesFromElsewhere) {
  const char* path = std::getenv("FERRY_TEMPLATE_CASES");
  if (path == nullptr) GTEST_SKIP() << "FERRY_TEMPLATE_CASES names no file of cases";
  const json::value golden = read_golden(path);
  const json::object& context = golden.at("context").as_object();
  for (const json::value& one : golden.at("cases").as_array()) check_case(one.as_object(), context);
}

}  // namespace
}  // namespace ferry
