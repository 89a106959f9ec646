#include "serve/dialects/json_span.h"

#include <bit>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/core/json.h"

namespace ferry {
namespace {

constexpr size_t kMaxDepth = 64;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// The first quote or backslash from `from` on; text.size(): there is none. Most of a request is within its
// strings.
size_t find_string_end(std::string_view text, size_t from) {
  size_t at = from;
#ifdef __SSE2__
  for (; at + 16 <= text.size(); at += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    const __m128i hit =
        _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('"')), _mm_cmpeq_epi8(block, _mm_set1_epi8('\\')));
    if (const auto mask = static_cast<unsigned>(_mm_movemask_epi8(hit)); mask != 0) {
      return at + static_cast<size_t>(std::countr_zero(mask));
    }
  }
#endif
  while (at < text.size() && text[at] != '"' && text[at] != '\\') ++at;
  return at;
}

// Walks over the text without looking at more than where values begin and end.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  size_t at() const { return at_; }
  bool is_at_end() const { return at_ == text_.size(); }
  char peek() const { return is_at_end() ? '\0' : text_[at_]; }
  void skip_space() {
    while (!is_at_end() && is_space(text_[at_])) ++at_;
  }
  bool take(char c) {
    if (peek() != c || is_at_end()) return false;
    ++at_;
    return true;
  }
  // A string with its quotes.
  bool skip_string() {
    if (!take('"')) return false;
    while (true) {
      const size_t stop = find_string_end(text_, at_);
      if (stop == text_.size()) return false;
      at_ = stop + 1;
      if (text_[stop] == '"') return true;
      if (is_at_end()) return false;
      ++at_;
    }
  }
  // Any value.
  bool skip_value() {
    if (peek() == '"') return skip_string();
    if (peek() == '{' || peek() == '[') return skip_nested();
    const size_t begin = at_;
    while (!is_at_end() && !is_space(peek()) && peek() != ',' && peek() != '}' && peek() != ']') ++at_;
    return at_ > begin;
  }

 private:
  // The outermost object is one level already.
  bool skip_nested() {
    size_t depth = 1;
    do {
      const auto is_mark = [](char c) { return c == '"' || c == '{' || c == '}' || c == '[' || c == ']'; };
      while (!is_at_end() && !is_mark(text_[at_])) ++at_;
      if (is_at_end()) return false;
      if (peek() == '"') {
        if (!skip_string()) return false;
        continue;
      }
      const bool opens = peek() == '{' || peek() == '[';
      depth = opens ? depth + 1 : depth - 1;
      if (depth > kMaxDepth) return false;
      ++at_;
    } while (depth > 1);
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
};

// `quoted` has its quotes.
bool is_name(std::string_view quoted, std::string_view name) {
  if (quoted.find('\\') == std::string_view::npos) return quoted.substr(1, quoted.size() - 2) == name;
  const Result<json::value> decoded = parse_json(quoted, "name");
  return decoded && decoded->is_string() && decoded->get_string() == name;
}

tl::unexpected<Error> broken(const Scanner& scanner) {
  return fail(ErrorCode::invalid_argument, "no JSON object at byte {}", scanner.at());
}

std::string replaced(std::string_view text, const std::vector<JsonSpan>& spans, std::string_view value) {
  std::string out;
  out.reserve(text.size() + spans.size() * value.size());
  size_t from = 0;
  for (const JsonSpan& span : spans) {
    out.append(text.substr(from, span.begin - from)).append(value);
    from = span.end;
  }
  out.append(text.substr(from));
  return out;
}

}  // namespace

Result<ObjectSpans> find_members(std::string_view text, std::string_view name) {
  Scanner scanner(text);
  ObjectSpans found;
  scanner.skip_space();
  if (!scanner.take('{')) return broken(scanner);
  scanner.skip_space();
  while (scanner.peek() != '}') {
    if (!found.is_empty && !scanner.take(',')) return broken(scanner);
    found.is_empty = false;
    scanner.skip_space();
    const size_t name_begin = scanner.at();
    if (!scanner.skip_string()) return broken(scanner);
    const std::string_view quoted = text.substr(name_begin, scanner.at() - name_begin);
    scanner.skip_space();
    if (!scanner.take(':')) return broken(scanner);
    scanner.skip_space();
    const size_t value_begin = scanner.at();
    if (!scanner.skip_value()) return broken(scanner);
    if (is_name(quoted, name)) found.values.push_back({value_begin, scanner.at()});
    scanner.skip_space();
  }
  found.close = scanner.at();
  scanner.take('}');
  scanner.skip_space();
  if (!scanner.is_at_end()) return broken(scanner);
  return found;
}

Result<std::string> with_member(std::string_view text, std::string_view name, std::string_view value) {
  FERRY_TRY(const ObjectSpans found, find_members(text, name));
  if (!found.values.empty()) return replaced(text, found.values, value);
  const std::string member = fmt::format("{}{}:{}", found.is_empty ? "" : ",", json_string(name), value);
  return replaced(text, {{found.close, found.close}}, member);
}

Result<std::string> with_member_replaced(std::string_view text, std::string_view name,
                                         std::string_view value) {
  FERRY_TRY(const ObjectSpans found, find_members(text, name));
  return replaced(text, found.values, value);
}

std::string json_string(std::string_view text) {
  std::string out;
  JsonWriter(out).value(text);
  return out;
}

}  // namespace ferry
