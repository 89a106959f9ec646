#include "serve/guard/redaction.h"

#include <algorithm>

#include "base/core/json.h"
#include "serve/guard/placeholder.h"

namespace ferry {
namespace {

bool is_name(char c) {
  return (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_number(char c) {
  return c >= '0' && c <= '9';
}

struct Shape {
  size_t bytes = 0;         // of a placeholder that begins the text; 0: none does
  bool may_become = false;  // with more text
};

Shape shape_of(std::string_view text) {
  size_t at = 1;
  while (at < text.size() && is_name(text[at])) ++at;
  const size_t number = at;
  while (at < text.size() && is_number(text[at])) ++at;
  if (at == text.size()) return {0, at < kMaxPlaceholderBytes};
  if (number == 1 || at == number || text[at] != ']' || at >= kMaxPlaceholderBytes) return {};
  return {at + 1, false};
}

std::string escaped(std::string_view value) {
  std::string quoted;
  JsonWriter(quoted).value(value);
  return quoted.substr(1, quoted.size() - 2);
}

template <class Spell>
std::string replace(const Redaction& redaction, std::string_view text, Spell spell) {
  std::string out;
  size_t at = 0;
  while (at < text.size()) {
    const size_t bracket = std::min(text.find('[', at), text.size());
    out.append(text, at, bracket - at);
    at = bracket;
    if (at == text.size()) break;
    const Shape shape = shape_of(text.substr(at));
    const std::string* value = shape.bytes > 0 ? redaction.value_of(text.substr(at, shape.bytes)) : nullptr;
    if (value == nullptr) {
      out.push_back(text[at++]);
    } else {
      out.append(spell(*value));
      at += shape.bytes;
    }
  }
  return out;
}

}  // namespace

const std::string& Redaction::placeholder_for(FindingKind kind, std::string_view value) {
  const auto [entry, is_new] = placeholders_.try_emplace({kind, std::string(value)});
  if (is_new) {
    entry->second = placeholder(kind, ++counts_[static_cast<size_t>(kind)]);
    values_.emplace(entry->second, value);
  }
  return entry->second;
}

std::string Redaction::redact(std::string_view text, const std::vector<Finding>& findings, size_t offset) {
  std::string out;
  size_t done = 0;
  for (const Finding& finding : findings) {
    const size_t begin = std::max(finding.begin - offset, done);
    const size_t end = finding.end - offset;
    if (end <= begin) continue;  // within the one before
    out.append(text, done, begin - done);
    out.append(placeholder_for(finding.kind, text.substr(begin, end - begin)));
    done = end;
  }
  out.append(text, done);
  return out;
}

const std::string* Redaction::value_of(std::string_view placeholder) const {
  const auto found = values_.find(std::string(placeholder));
  return found == values_.end() ? nullptr : &found->second;
}

std::string Redaction::restore(std::string_view text) const {
  return replace(*this, text, [](const std::string& value) -> const std::string& { return value; });
}

std::string Redaction::restore_json(std::string_view json_text) const {
  return replace(*this, json_text, [](const std::string& value) { return escaped(value); });
}

std::string RestoreStream::restored(std::string_view text) const {
  return form_ == Form::json ? redaction_.restore_json(text) : redaction_.restore(text);
}

std::string RestoreStream::push(std::string_view text) {
  held_.append(text);
  const size_t bracket = held_.rfind('[');
  const bool open =
      bracket != std::string::npos && shape_of(std::string_view(held_).substr(bracket)).may_become;
  const size_t end = open ? bracket : held_.size();
  std::string out = restored(std::string_view(held_).substr(0, end));
  held_.erase(0, end);
  return out;
}

std::string RestoreStream::finish() {
  std::string out = restored(held_);
  held_.clear();
  return out;
}

}  // namespace ferry
