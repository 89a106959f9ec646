// Plays tests/api/*.txt: requests that are sent to a real server, and the responses that must come.
//
//   # what the conversation shows
//   keys: secret                       (optional: the server's API keys)
//   >>> POST /v1/chat/completions      a request: line, headers, empty line, body
//   <<< 200                            its response: status, headers that must be there, empty line, body
//
// JSON is compared as data, in bodies and in the events of streams. "<any>" stands for any string or number,
// "<prefix-*>" for a string that begins so.

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <sstream>

#include "app/api/test_server.h"
#include "base/core/file.h"
#include "base/core/json.h"
#include "base/net/sse.h"

namespace ferry::api {
namespace {

namespace fs = std::filesystem;

struct Part {
  std::string first;  // what stands after >>> or <<<
  HttpHeaders headers;
  std::string body;
  int line = 0;
};

struct Turn {
  Part request;
  Part response;
};

struct Script {
  std::vector<std::string> keys;
  std::vector<Turn> turns;
};

Script read_script(const fs::path& path) {
  std::istringstream in(read_file(path).value());
  Script script;
  Part* part = nullptr;
  bool in_body = false;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.starts_with("# ")) continue;
    if (line.starts_with("keys: ")) {
      script.keys.push_back(line.substr(6));
    } else if (line.starts_with(">>> ") || line.starts_with("<<< ")) {
      if (line[0] == '>') script.turns.emplace_back();
      part = line[0] == '>' ? &script.turns.back().request : &script.turns.back().response;
      *part = {.first = line.substr(4), .headers = {}, .body = {}, .line = number};
      in_body = false;
    } else if (part != nullptr && in_body) {
      part->body += line + "\n";
    } else if (part != nullptr && line.empty()) {
      in_body = true;
    } else if (part != nullptr) {
      const size_t colon = line.find(": ");
      part->headers.push_back({line.substr(0, colon), line.substr(colon + 2)});
    }
  }
  return script;
}

std::string trimmed(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

bool text_matches(std::string_view expected, std::string_view actual) {
  if (expected == "<any>") return true;
  if (expected.starts_with('<') && expected.ends_with("*>")) {
    return actual.starts_with(expected.substr(1, expected.size() - 3));
  }
  return expected == actual;
}

bool matches(const json::value& expected, const json::value& actual) {
  if (expected.is_string()) {
    if (actual.is_string()) return text_matches(expected.get_string(), actual.get_string());
    return expected.get_string() == "<any>" && actual.is_number();
  }
  if (expected.is_object() && actual.is_object()) {
    const json::object& members = actual.get_object();
    return members.size() == expected.get_object().size() &&
           std::all_of(expected.get_object().begin(), expected.get_object().end(), [&](const auto& member) {
             const json::value* found = members.if_contains(member.key());
             return found != nullptr && matches(member.value(), *found);
           });
  }
  if (expected.is_array() && actual.is_array()) {
    return std::equal(expected.get_array().begin(), expected.get_array().end(), actual.get_array().begin(),
                      actual.get_array().end(), matches);
  }
  return expected == actual;
}

bool json_matches(const std::string& expected, const std::string& actual) {
  const auto want = parse_json(expected, "expected");
  const auto have = parse_json(actual, "actual");
  return want && have && matches(*want, *have);
}

// The data of each event; fails the test where the text is not framed as server-sent events are.
std::vector<std::string> events(const std::string& text) {
  std::vector<std::string> found;
  std::string framed;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find("\n\n", begin), text.size());
    const std::string event = text.substr(begin, end - begin);
    found.push_back(event.starts_with("data: ") ? event.substr(6) : event);
    framed += sse_event(found.back());
    begin = end + 2;
  }
  EXPECT_EQ(framed, text);
  return found;
}

void expect_events(const std::string& expected, const std::string& actual, const std::string& where) {
  const std::vector<std::string> have = events(actual);
  std::istringstream in(expected);
  std::vector<std::string> want;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) want.push_back(line);
  }
  ASSERT_EQ(want.size(), have.size()) << where << "\n" << actual;
  for (size_t i = 0; i < want.size(); ++i) {
    EXPECT_TRUE(want[i] == have[i] || json_matches(want[i], have[i])) << where << ": event " << i << "\n"
                                                                      << actual;
  }
}

void expect_response(const Part& expected, const HttpResponse& actual, const std::string& where) {
  EXPECT_EQ(expected.first, std::to_string(actual.status)) << where << "\n" << actual.body;
  for (const HttpHeader& header : expected.headers) {
    const auto value = actual.header(header.name);
    ASSERT_TRUE(value.has_value()) << where << ": no " << header.name;
    EXPECT_TRUE(text_matches(header.value, *value)) << where << ": " << header.name << ": " << *value;
  }
  if (actual.header("Content-Type") == kSseContentType)
    return expect_events(expected.body, actual.body, where);
  const std::string want = trimmed(expected.body);
  EXPECT_TRUE(want == actual.body || json_matches(want, actual.body)) << where << "\n" << actual.body;
}

void play(const fs::path& path) {
  const Script script = read_script(path);
  ASSERT_FALSE(script.turns.empty());
  TestServer server(script.keys);
  HttpClient client;
  for (const Turn& turn : script.turns) {
    const std::string where = fmt::format("{}:{}", path.filename().string(), turn.response.line);
    const size_t space = turn.request.first.find(' ');
    const auto response = client.send({.method = turn.request.first.substr(0, space),
                                       .url = server.url(turn.request.first.substr(space + 1)),
                                       .headers = turn.request.headers,
                                       .body = trimmed(turn.request.body)});
    ASSERT_TRUE(response) << where << ": " << response.error().message;
    expect_response(turn.response, *response, where);
  }
}

class Wire : public testing::TestWithParam<fs::path> {};

TEST_P(Wire, GoesAsWritten) {
  play(GetParam());
}

std::vector<fs::path> scripts() {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(FERRY_SOURCE_DIR "/tests/api"))
    found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

INSTANTIATE_TEST_SUITE_P(Conversations, Wire, testing::ValuesIn(scripts()),
                         [](const auto& instance) { return instance.param.stem().string(); });

TEST(WireFormat, ComparesDataAndKnowsPlaceholders) {
  EXPECT_TRUE(json_matches(R"({"a":"<any>","b":"<req-*>"})", R"({"b":"req-1","a":7})"));
  EXPECT_FALSE(json_matches(R"({"a":1})", R"({"a":1,"b":2})"));
  EXPECT_FALSE(json_matches(R"({"a":[1]})", R"({"a":[1,2]})"));
  EXPECT_FALSE(json_matches(R"({"b":"<req-*>"})", R"({"b":"other"})"));
}

}  // namespace
}  // namespace ferry::api
