#pragma once
// What the mock answers, before anything goes wrong with it, in either dialect. The JSON is written by hand:
// nothing is shared with the dialects that are tested with it.

#include <string>
#include <string_view>
#include <vector>

#include "serve/mock/behaviour.h"
#include "serve/mock/request.h"

namespace ferry::mock {

enum class Dialect : uint8_t { openai, anthropic };

struct Answer {
  int status = 200;
  bool is_stream = false;
  std::string body = {};                 // JSON, where it is no stream
  std::vector<std::string> events = {};  // of a stream, one for each token and what stands around them
  size_t first_token = 0;                // among the events: those before it go out at once, together
};

// `number` is the request's, for IDs.
Answer openai_answer(const Request& request, const Behaviour& behaviour, uint64_t number);
Answer anthropic_answer(const Request& request, const Behaviour& behaviour, uint64_t number);

// The error that each API has for a status.
Answer error_answer(Dialect dialect, int status, std::string_view message);
// The event that breaks off a stream.
std::string error_event(Dialect dialect);

// GET /v1/models, and one of them (`name` not empty).
std::string models_body(Dialect dialect, const std::vector<std::string>& models, std::string_view name);

}  // namespace ferry::mock
