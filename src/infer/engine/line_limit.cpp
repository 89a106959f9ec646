#include "infer/engine/line_limit.h"

namespace ferry {

bool LineLimit::cut(std::string& text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      after_first_ = in_indent_ = true;
      indent_ = 0;
    } else if (in_indent_ && (c == ' ' || c == '\t')) {
      ++indent_;
    } else if (in_indent_ && c != '\r') {
      in_indent_ = false;
      if (indent_ >= settings_.least_indent) continue;
      text.resize(i);
      return true;
    }
  }
  return false;
}

}  // namespace ferry
