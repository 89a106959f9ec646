#pragma once
// What the mock looks at in a request's body, in either dialect. It is lenient: what it does not use may be
// anything.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/core/json.h"

namespace ferry::mock {

enum class Route : uint8_t { chat, completions, embeddings, messages, count_tokens };

struct Tool {
  std::string name;
  json::value schema = {};  // of its arguments
};

struct Request {
  Route route = Route::chat;
  std::string model;      // without what follows '?'
  std::string behaviour;  // what follows it
  bool stream = false;
  bool stream_usage = false;
  int64_t n = 1;
  std::optional<int64_t> max_tokens = {};
  int64_t prompt_tokens = 1;   // a quarter of the bytes of its texts
  std::string last_text = {};  // of the last message, or of the prompt
  std::vector<Tool> tools = {};
  enum class Choice : uint8_t { automatic, none, forced };
  Choice choice = Choice::automatic;
  std::string chosen_tool = {};    // where one is named
  bool after_tool_result = false;  // the last message holds a tool's answer
  bool thinks = false;             // Anthropic's thinking is on
  bool logprobs = false;
  std::optional<json::value> format = {};  // JSON Schema of the answer; null: any JSON
  std::vector<std::string> inputs = {};    // to embed
  bool base64 = false;
  int64_t dimensions = 16;
};

// invalid_argument: the body is not JSON, or lacks what every client sends.
Result<Request> read_request(Route route, std::string_view body);

}  // namespace ferry::mock
