#pragma once
// What a model's text means: its thought, its answer, the tools that it calls.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ferry {

struct ReplyEvent {
  enum class Kind : uint8_t {
    thought,         // text: more of the thought
    content,         // text: more of the answer
    call_begin,      // text: the name of the tool
    call_arguments,  // text: more of the arguments, a JSON object
    call_end,        // the arguments are whole and valid JSON
    call_withdrawn,  // the call begun last is none after all: its text follows as content
  };

  Kind kind = Kind::content;
  int call = -1;          // number of the call, from 0; -1 where there is none
  std::string text = {};  // whole characters

  // The bytes of the model's text that it was made from: [begin, end). What lies between two events is a
  // marker, or white space beside one.
  size_t begin = 0;
  size_t end = 0;

  friend bool operator==(const ReplyEvent&, const ReplyEvent&) = default;
};

struct ReplyCall {
  std::string name;
  std::string arguments;  // JSON text of an object

  friend bool operator==(const ReplyCall&, const ReplyCall&) = default;
};

// A whole reply.
struct Reply {
  std::string thought = {};
  std::string content = {};
  std::vector<ReplyCall> calls = {};  // in a reply under way the last one may be incomplete

  friend bool operator==(const Reply&, const Reply&) = default;
};

// Events are appended in the order in which they came.
void append(Reply& reply, const ReplyEvent& event);

}  // namespace ferry
