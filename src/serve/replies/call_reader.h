#pragma once
// One call, or a list of them, after the marker that announces it: read byte by byte, told to a CallSink.
// Each syntax has its reader.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "serve/replies/json_scanner.h"
#include "serve/replies/reply_parser.h"

namespace ferry {

// Who is told. Of each call: begin_call, arguments (any number of times), end_call.
class CallSink {
 public:
  // May a tool of this name be called here?
  virtual bool can_call(std::string_view name) const = 0;
  // The tool of this name; null: unknown.
  virtual const ReplyTool* find_tool(std::string_view name) const = 0;
  // can_call(name) has said yes. `after`: of the bytes taken, this one included, so many at the end are not
  // the call's.
  virtual void begin_call(std::string_view name, size_t after = 0) = 0;
  virtual void add_arguments(std::string_view json) = 0;
  virtual void end_call(size_t after = 0) = 0;

 protected:
  ~CallSink() = default;
};

class CallReader {
 public:
  enum class Step : uint8_t {
    more,
    done,    // with this byte all is read
    broken,  // this byte cannot follow
  };

  virtual ~CallReader() = default;
  virtual Step take(char c, CallSink& calls) = 0;
  // After broken: so many bytes before this one were taken for the beginning of a tag that it is not; they
  // may begin something else.
  size_t look_again() const { return look_again_; }

 protected:
  size_t look_again_ = 0;
};

// {"name": "f", "arguments": {…}}, members in any order, `parameters` for `arguments`. Arguments may be
// missing or null (none), or a string that holds the object. Other members are passed over; where no marker
// announces the call, any but `type` and `id` show that it is none.
std::unique_ptr<CallReader> read_json_call(bool announced);
// [{…}, {…}] of these, or f[ARGS]{…}.
std::unique_ptr<CallReader> read_mistral_calls();
// function<｜tool▁sep｜>f, a fence of ```json and {…}; or f<｜tool▁sep｜>{…}.
std::unique_ptr<CallReader> read_deepseek_call();
// f> <parameter=a>…</parameter> … </function>
std::unique_ptr<CallReader> read_parameter_call();
// [f(a=1, b="x"), g()]
std::unique_ptr<CallReader> read_pythonic_calls();

constexpr size_t kMaxNameBytes = 256;

// What can be a tool's name at all: not too long, and no control characters.
bool is_call_name(std::string_view name);
// What can be part of it in a syntax that does not quote it: letters, digits, "_-.:/".
bool is_name_char(char c);

// Reads an object, which begins with the next byte, into the arguments of the call begun last.
class ArgumentsScanner {
 public:
  JsonScanner::Step take(char c, CallSink& calls);

 private:
  JsonScanner scanner_;
};

}  // namespace ferry
