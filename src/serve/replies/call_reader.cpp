#include "serve/replies/call_reader.h"

#include <algorithm>

namespace ferry {

bool is_call_name(std::string_view name) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
  return !name.empty() && name.size() <= kMaxNameBytes && std::none_of(name.begin(), name.end(), is_control);
}

bool is_name_char(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  const bool digit = c >= '0' && c <= '9';
  return letter || digit || std::string_view("_-.:/").find(c) != std::string_view::npos;
}

JsonScanner::Step ArgumentsScanner::take(char c, CallSink& calls) {
  const JsonScanner::Step step = scanner_.take(c);
  if (step != JsonScanner::Step::broken) calls.add_arguments({&c, 1});
  return step;
}

}  // namespace ferry
