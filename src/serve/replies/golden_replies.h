#pragma once
// tests/golden/replies/*.txt: texts of models, and what they mean. For tests.
//
//   syntax hermes think        the parsers' names
//   thought open               if the prompt has opened the thought
//
//   === what the case shows
//   --- text
//   the model's text, up to the line break before
//   --- reply
//   thought "JSON string"
//   content "JSON string"
//   call name {"the": "arguments"}

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/core/file.h"
#include "serve/replies/reply_parser.h"

namespace ferry {

struct GoldenReply {
  std::string name;  // file and case
  ReplyOptions options;
  std::string text = {};
  Reply reply = {};
};

inline std::shared_ptr<const ReplyTools> golden_tools(const std::filesystem::path& folder) {
  auto tools = std::make_shared<ReplyTools>();
  const json::value all = parse_json(read_file(folder / "tools.json").value(), "tools.json").value();
  for (const json::value& tool : all.as_array()) {
    tools->push_back({.name = std::string(tool.at("name").as_string()), .parameters = tool.at("parameters")});
  }
  return tools;
}

class GoldenReader {
 public:
  GoldenReader(std::string file, std::string_view text, std::shared_ptr<const ReplyTools> tools)
      : file_(std::move(file)), rest_(text), options_{.syntax = {}, .tools = std::move(tools)} {}

  std::vector<GoldenReply> read() {
    while (!rest_.starts_with("===")) read_option(next());
    std::vector<GoldenReply> replies;
    while (!rest_.empty()) replies.push_back(read_case());
    return replies;
  }

 private:
  std::string_view next() {
    FERRY_CHECK(!rest_.empty());
    const size_t end = rest_.find('\n');
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    return line;
  }

  void read_option(std::string_view line) {
    if (line == "thought open") options_.thought_open = true;
    if (!line.starts_with("syntax ")) return;
    line.remove_prefix(7);
    const size_t space = line.find(' ');
    options_.syntax.tools = find_tool_syntax(line.substr(0, space), {}).value();
    options_.syntax.thought = find_thought_syntax(line.substr(space + 1), {}).value();
  }

  GoldenReply read_case() {
    GoldenReply golden{.name = file_ + ": " + std::string(next().substr(4)), .options = options_};
    FERRY_CHECK(next() == "--- text");
    const size_t end = rest_.find("\n--- reply\n");
    FERRY_CHECK(end != std::string_view::npos);
    golden.text = rest_.substr(0, end);
    rest_.remove_prefix(end + 11);
    while (!rest_.empty() && !rest_.starts_with("===")) read_line(next(), golden.reply);
    return golden;
  }

  static void read_line(std::string_view line, Reply& reply) {
    if (line.empty()) return;
    const size_t space = line.find(' ');
    const std::string_view what = line.substr(0, space);
    line.remove_prefix(space + 1);
    if (what == "call") {
      const size_t end = line.find(' ');
      reply.calls.push_back({std::string(line.substr(0, end)), std::string(line.substr(end + 1))});
      return;
    }
    FERRY_CHECK(what == "thought" || what == "content");
    (what == "thought" ? reply.thought : reply.content) = parse_json(line, "golden").value().as_string();
  }

  std::string file_;
  std::string_view rest_;
  ReplyOptions options_;
};

inline std::vector<GoldenReply> golden_replies(const std::filesystem::path& folder) {
  const auto tools = golden_tools(folder);
  std::vector<GoldenReply> all;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".txt") continue;
    const std::string text = read_file(entry.path()).value();
    for (GoldenReply& golden : GoldenReader(entry.path().filename().string(), text, tools).read()) {
      all.push_back(std::move(golden));
    }
  }
  return all;
}

}  // namespace ferry
