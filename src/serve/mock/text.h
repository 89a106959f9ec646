#pragma once
// What the mock says: words, and JSON that looks like what a schema asks for.

#include <string>
#include <vector>

#include "base/core/json.h"
#include "serve/mock/behaviour.h"
#include "serve/mock/request.h"

namespace ferry::mock {

struct Reply {
  std::vector<std::string> tokens;  // of the text; together they are the text
  bool cut = false;                 // by the request's limit
  struct Call {
    std::string id;
    std::string name;
    std::string arguments;  // JSON
  };
  std::vector<Call> calls = {};  // then there is no text
  std::string thought = {};      // only where it was asked for

  std::string text() const;
  int64_t completion_tokens() const;
};

// `number` makes IDs differ.
Reply make_reply(const Request& request, const Behaviour& behaviour, uint64_t number);

// A small document that fits the usual parts of a JSON Schema: required members, types, enums, constants,
// references within it, the first of alternatives, least lengths and numbers. Bounded in depth and size.
std::string sample_json(const json::value& schema);

}  // namespace ferry::mock
