#include "infer/template/text_operations.h"

#include <algorithm>

#include "base/core/utf8.h"
#include "infer/template/unicode.h"

namespace ferry::jinja {
namespace {

bool contains_char(std::string_view chars, std::string_view one) {
  return chars.find(one) != std::string_view::npos;
}

// Where the character that ends at `end` begins.
size_t char_before(std::string_view bytes, size_t end) {
  size_t begin = end - 1;
  while (begin > 0 && (static_cast<unsigned char>(bytes[begin]) & 0xC0) == 0x80) --begin;
  return begin;
}

bool is_stripped(std::string_view one, const std::string_view* chars) {
  return chars == nullptr ? is_space(decode_utf8(one, 0).code_point) : contains_char(*chars, one);
}

void append_all(TextBuilder& out, std::u32string_view mapped, OriginId origin) {
  for (const char32_t c : mapped) out.append_char(c, origin);
}

// Unicode's Final_Sigma: a cased letter before (ignorables between), none after.
class SigmaContext {
 public:
  explicit SigmaContext(std::string_view bytes) : bytes_(bytes) {}

  bool is_final(size_t begin, size_t end) const {
    size_t i = begin;
    bool before = false;
    while (i > 0) {
      i = char_before(bytes_, i);
      const char32_t c = decode_utf8(bytes_, i).code_point;
      if (is_case_ignorable(c)) continue;
      before = is_cased(c);
      break;
    }
    if (!before) return false;
    while (end < bytes_.size()) {
      const Utf8Char c = decode_utf8(bytes_, end);
      if (!is_case_ignorable(c.code_point)) return !is_cased(c.code_point);
      end += c.bytes;
    }
    return true;
  }

 private:
  std::string_view bytes_;
};

constexpr char32_t kSigma = 0x3A3;
constexpr char32_t kFinalSigma = 0x3C2;

void append_lower(const CharReader& reader, const SigmaContext& sigma, TextBuilder& out) {
  const char32_t c = reader.code_point();
  if (c == kSigma && sigma.is_final(reader.begin(), reader.end())) {
    out.append_char(kFinalSigma, reader.origin());
  } else {
    append_all(out, to_lower(c), reader.origin());
  }
}

bool is_line_end(char32_t c) {
  return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

// [begin, end) of runs without whitespace.
std::vector<std::pair<size_t, size_t>> words(Runtime& rt, const Text& text) {
  std::vector<std::pair<size_t, size_t>> found;
  bool in_word = false;
  for (CharReader reader(rt, text); reader.next();) {
    if (is_space(reader.code_point())) {
      in_word = false;
    } else if (in_word) {
      found.back().second = reader.end();
    } else {
      found.emplace_back(reader.begin(), reader.end());
      in_word = true;
    }
  }
  return found;
}

std::vector<Value> slices(Runtime& rt, const Text& text,
                          const std::vector<std::pair<size_t, size_t>>& bounds) {
  rt.charge(bounds.size());
  std::vector<Value> parts;
  for (const auto& [begin, end] : bounds) parts.push_back(Value::of(slice_bytes(rt, text, begin, end)));
  return parts;
}

void refuse_empty(const Text& separator) {
  if (separator.bytes == 0) raise("empty separator");
}

}  // namespace

const Text* strip(Runtime& rt, const Text& text, const Text* chars, Side side) {
  const std::string_view bytes = view(rt, text);
  const std::string_view set = chars == nullptr ? std::string_view() : view(rt, *chars);
  const std::string_view* given = chars == nullptr ? nullptr : &set;
  size_t begin = 0;
  size_t end = bytes.size();
  while (side != Side::right && begin < end) {
    const size_t size = decode_utf8(bytes, begin).bytes;
    if (!is_stripped(bytes.substr(begin, size), given)) break;
    begin += size;
  }
  while (side != Side::left && begin < end) {
    const size_t start = char_before(bytes, end);
    if (!is_stripped(bytes.substr(start, end - start), given)) break;
    end = start;
  }
  rt.charge_bytes((bytes.size() - (end - begin)) * (1 + set.size()));
  return slice_bytes(rt, text, begin, end);
}

const Text* upper(Runtime& rt, const Text& text) {
  TextBuilder out(rt);
  for (CharReader reader(rt, text); reader.next();)
    append_all(out, to_upper(reader.code_point()), reader.origin());
  return out.finish(text.markup);
}

const Text* lower(Runtime& rt, const Text& text) {
  TextBuilder out(rt);
  const SigmaContext sigma(view(rt, text));
  for (CharReader reader(rt, text); reader.next();) append_lower(reader, sigma, out);
  return out.finish(text.markup);
}

const Text* capitalise(Runtime& rt, const Text& text) {
  TextBuilder out(rt);
  const SigmaContext sigma(view(rt, text));
  for (CharReader reader(rt, text); reader.next();) {
    if (reader.begin() == 0) {
      append_all(out, to_title(reader.code_point()), reader.origin());
    } else {
      append_lower(reader, sigma, out);
    }
  }
  return out.finish(text.markup);
}

const Text* title_case(Runtime& rt, const Text& text) {
  TextBuilder out(rt);
  const SigmaContext sigma(view(rt, text));
  bool after_cased = false;
  for (CharReader reader(rt, text); reader.next();) {
    if (after_cased) {
      append_lower(reader, sigma, out);
    } else {
      append_all(out, to_title(reader.code_point()), reader.origin());
    }
    after_cased = is_cased(reader.code_point());
  }
  return out.finish(text.markup);
}

const Text* swap_case(Runtime& rt, const Text& text) {
  TextBuilder out(rt);
  const SigmaContext sigma(view(rt, text));
  for (CharReader reader(rt, text); reader.next();) {
    const char32_t c = reader.code_point();
    if (is_upper(c)) {
      append_lower(reader, sigma, out);
    } else if (is_lower(c)) {
      append_all(out, to_upper(c), reader.origin());
    } else {
      out.append(reader.raw(), reader.origin());
    }
  }
  return out.finish(text.markup);
}

namespace {

// Replacing "" puts `fresh` before every character and at the end.
const Text* interleave(Runtime& rt, const Text& text, const Text& fresh, Int count) {
  TextBuilder out(rt);
  for (CharReader reader(rt, text); reader.next();) {
    if (count-- != 0) {
      out.append(fresh);
    } else {
      count = 0;
    }
    rt.charge(1);
    out.append(reader.raw(), reader.origin());
  }
  if (count != 0) out.append(fresh);
  return out.finish(text.markup);
}

}  // namespace

const Text* replace(Runtime& rt, const Text& text, const Text& old, const Text& fresh, Int count) {
  if (old.bytes == 0) return interleave(rt, text, fresh, count);
  const std::string_view bytes = view(rt, text);
  const std::string_view wanted = view(rt, old);
  rt.charge_bytes(bytes.size());
  size_t found = count == 0 ? std::string_view::npos : bytes.find(wanted);
  if (found == std::string_view::npos) return &text;
  TextBuilder out(rt);
  size_t begin = 0;
  while (found != std::string_view::npos && count-- != 0) {
    rt.charge(1);
    out.append_slice(text, begin, found);
    out.append(fresh);
    begin = found + wanted.size();
    found = bytes.find(wanted, begin);
  }
  out.append_slice(text, begin, bytes.size());
  return out.finish(text.markup);
}

const Text* pad(Runtime& rt, const Text& text, Int width, char32_t fill, Side side) {
  const auto size = static_cast<Int>(length(rt, text));
  if (width <= size) return &text;
  if (width > static_cast<Int>(rt.arena.max_bytes()))
    raise_limit("a string would be {} characters", print_int(width));
  const Int margin = width - size;
  // As Python's center(): the odd character goes left when the width is odd.
  Int left = side == Side::right ? margin : side == Side::left ? 0 : margin / 2 + (margin & width & 1);
  rt.charge(static_cast<uint64_t>(margin));
  TextBuilder out(rt);
  for (Int i = 0; i < left; ++i) out.append_char(fill, 0);
  out.append(text);
  for (Int i = left; i < margin; ++i) out.append_char(fill, 0);
  return out.finish(text.markup);
}

const Text* reverse(Runtime& rt, const Text& text) {
  std::vector<std::pair<size_t, size_t>> chars;
  for (CharReader reader(rt, text); reader.next();) chars.emplace_back(reader.begin(), reader.end());
  rt.charge(chars.size());
  TextBuilder out(rt);
  for (auto c = chars.rbegin(); c != chars.rend(); ++c) out.append_slice(text, c->first, c->second);
  return out.finish(text.markup);
}

const Text* join(Runtime& rt, const Text& separator, const Value& items) {
  TextBuilder out(rt);
  Iterator* source = iterate(rt, items);
  bool first = true;
  for (Value item; source->next(rt, item); first = false) {
    rt.charge(1);
    if (!first) out.append(separator);
    print(rt, item, out);
  }
  return out.finish();
}

std::vector<Value> split_lines(Runtime& rt, const Text& text, bool keep_ends) {
  std::vector<std::pair<size_t, size_t>> lines;
  const std::string_view bytes = view(rt, text);
  size_t begin = 0;
  for (CharReader reader(rt, text); reader.next();) {
    if (!is_line_end(reader.code_point())) continue;
    const size_t content_end = reader.begin();
    if (reader.code_point() == '\r' && bytes.substr(reader.end(), 1) == "\n") reader.next();
    const size_t end = reader.end();
    lines.emplace_back(begin, keep_ends ? end : content_end);
    begin = end;
  }
  if (begin < bytes.size()) lines.emplace_back(begin, bytes.size());
  return slices(rt, text, lines);
}

std::vector<Value> split(Runtime& rt, const Text& text, const Text* separator, Int most) {
  std::vector<std::pair<size_t, size_t>> parts;
  const std::string_view bytes = view(rt, text);
  if (separator == nullptr) {
    parts = words(rt, text);
    if (most >= 0 && static_cast<Int>(parts.size()) > most) {
      parts.resize(static_cast<size_t>(most) + 1);
      // The rest keeps its inner whitespace, and the whitespace at its end.
      parts.back().second = bytes.size();
    }
    return slices(rt, text, parts);
  }
  refuse_empty(*separator);
  const std::string_view wanted = view(rt, *separator);
  rt.charge_bytes(bytes.size());
  size_t begin = 0;
  for (size_t found = 0; most != 0 && (found = bytes.find(wanted, begin)) != std::string_view::npos; --most) {
    parts.emplace_back(begin, found);
    begin = found + wanted.size();
  }
  parts.emplace_back(begin, bytes.size());
  return slices(rt, text, parts);
}

std::vector<Value> split_right(Runtime& rt, const Text& text, const Text* separator, Int most) {
  std::vector<std::pair<size_t, size_t>> parts;
  const std::string_view bytes = view(rt, text);
  if (separator == nullptr) {
    parts = words(rt, text);
    if (most >= 0 && static_cast<Int>(parts.size()) > most) {
      const size_t merged = parts.size() - static_cast<size_t>(most);
      const size_t end = parts[merged - 1].second;
      parts.erase(parts.begin(), parts.begin() + static_cast<ptrdiff_t>(merged - 1));
      parts.front() = {0, end};
    }
    return slices(rt, text, parts);
  }
  refuse_empty(*separator);
  const std::string_view wanted = view(rt, *separator);
  rt.charge_bytes(bytes.size());
  size_t end = bytes.size();
  while (most != 0 && end >= wanted.size()) {
    const size_t found = bytes.rfind(wanted, end - wanted.size());
    if (found == std::string_view::npos) break;
    parts.emplace_back(found + wanted.size(), end);
    end = found;
    --most;
  }
  parts.emplace_back(0, end);
  std::reverse(parts.begin(), parts.end());
  return slices(rt, text, parts);
}

}  // namespace ferry::jinja
