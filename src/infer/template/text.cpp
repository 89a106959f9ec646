#include "infer/template/text.h"

#include <algorithm>
#include <cstring>

#include "base/core/utf8.h"
#include "infer/template/runtime.h"

namespace ferry::jinja {
namespace {

// Shorter results are copied at once: cheaper than a node and a later walk.
constexpr size_t kCopyBelow = 256;

Text* new_text(Runtime& rt, const char* data, size_t bytes, OriginId origin) {
  Text* text = rt.arena.make<Text>();
  text->data = data;
  text->bytes = bytes;
  text->chars = Text::kUnknown;
  text->origin = origin;
  return text;
}

bool begins_char(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
}

size_t count_chars(std::string_view bytes) {
  size_t count = 0;
  for (const char c : bytes) count += begins_char(c);
  return count;
}

// Calls visit(flat text) for the pieces of `text` from left to right, without recursion: concatenations nest
// deeply.
template <class Visit>
void for_each_piece(const Text& text, Visit visit) {
  std::vector<const Text*> pending{&text};
  while (!pending.empty()) {
    const Text* piece = pending.back();
    pending.pop_back();
    if (piece->data == nullptr) {
      pending.push_back(piece->right);
      pending.push_back(piece->left);
    } else {
      visit(*piece);
    }
  }
}

void flatten(Runtime& rt, const Text& text) {
  if (text.data != nullptr) return;
  rt.charge_bytes(text.bytes);
  TextBuilder builder(rt);
  for_each_piece(text, [&](const Text& piece) { builder.append(piece); });
  const Text* flat = builder.finish();
  text.data = flat->data;
  text.spans = flat->spans;
  text.left = text.right = nullptr;
}

size_t span_index_at(std::span<const OriginSpan> spans, size_t byte) {
  const auto found = std::upper_bound(spans.begin(), spans.end(), byte,
                                      [](size_t b, const OriginSpan& span) { return b < span.end; });
  return static_cast<size_t>(found - spans.begin());
}

}  // namespace

std::string_view view(Runtime& rt, const Text& text) {
  flatten(rt, text);
  return {text.data, text.bytes};
}

size_t length(Runtime& rt, const Text& text) {
  if (text.chars == Text::kUnknown) {
    rt.charge_bytes(text.bytes);
    text.chars = count_chars(view(rt, text));
  }
  return text.chars;
}

size_t byte_offset(Runtime& rt, const Text& text, size_t index) {
  if (length(rt, text) == text.bytes) return index;
  const std::string_view bytes = view(rt, text);
  rt.charge_bytes(bytes.size());
  size_t offset = 0;
  for (; offset < bytes.size(); ++offset) {
    if (begins_char(bytes[offset]) && index-- == 0) break;
  }
  return offset;
}

OriginId origin_at(Runtime& rt, const Text& text, size_t byte) {
  flatten(rt, text);
  if (text.spans.empty()) return text.origin;
  return text.spans[std::min(span_index_at(text.spans, byte), text.spans.size() - 1)].origin;
}

OriginId main_origin(const Text& text) {
  OriginId main = 0;
  for_each_piece(text, [&](const Text& piece) {
    if (main == 0) main = piece.origin;
    for (const OriginSpan& span : piece.spans) {
      if (main == 0) main = span.origin;
    }
  });
  return main;
}

const Text* borrow_text(Runtime& rt, std::string_view bytes, OriginId origin) {
  return new_text(rt, bytes.empty() ? "" : bytes.data(), bytes.size(), origin);
}

const Text* copy_text(Runtime& rt, std::string_view bytes, OriginId origin) {
  return borrow_text(rt, rt.arena.copy(bytes), origin);
}

Value string_value(Runtime& rt, std::string_view bytes, OriginId origin) {
  return Value::of(copy_text(rt, bytes, origin));
}

const Text* concatenate(Runtime& rt, const Text& a, const Text& b) {
  if (a.bytes == 0) return &b;
  if (b.bytes == 0) return &a;
  if (a.bytes > rt.arena.max_bytes() - std::min(rt.arena.max_bytes(), b.bytes)) {
    raise_limit("a string would be longer than {} bytes", rt.arena.max_bytes());
  }
  if (a.bytes + b.bytes <= kCopyBelow) {
    TextBuilder builder(rt);
    builder.append(a);
    builder.append(b);
    return builder.finish();
  }
  Text* joined = new_text(rt, nullptr, a.bytes + b.bytes, 0);
  if (a.chars != Text::kUnknown && b.chars != Text::kUnknown) joined->chars = a.chars + b.chars;
  joined->left = &a;
  joined->right = &b;
  return joined;
}

const Text* slice_bytes(Runtime& rt, const Text& text, size_t begin, size_t end) {
  flatten(rt, text);
  if (begin == 0 && end == text.bytes) return &text;
  Text* slice = new_text(rt, text.data + begin, end - begin, text.origin);
  slice->markup = text.markup;
  if (text.chars == text.bytes) slice->chars = slice->bytes;  // ASCII
  if (text.spans.empty() || begin == end) return slice;
  const size_t first = span_index_at(text.spans, begin);
  const size_t last = span_index_at(text.spans, end - 1);
  if (first == last) {
    slice->origin = text.spans[first].origin;
    return slice;
  }
  rt.charge(last - first);
  auto* spans = rt.arena.array<OriginSpan>(last - first + 1);
  for (size_t i = first; i <= last; ++i) {
    spans[i - first] = {std::min(text.spans[i].end, end) - begin, text.spans[i].origin};
  }
  slice->spans = {spans, last - first + 1};
  return slice;
}

const Text* with_markup(Runtime& rt, const Text& text, bool markup) {
  if (text.markup == markup) return &text;
  Text* copy = rt.arena.make<Text>(text);
  copy->markup = markup;
  return copy;
}

const Text* mark_generated(Runtime& rt, const Text& text) {
  TextBuilder builder(rt);
  for_each_piece(text, [&](const Text& piece) {
    size_t begin = 0;
    for (const OriginSpan& span : piece.spans) {
      builder.append({piece.data + begin, span.end - begin}, span.origin | kGeneratedFlag);
      begin = span.end;
    }
    builder.append({piece.data + begin, piece.bytes - begin}, piece.origin | kGeneratedFlag);
  });
  return builder.finish();
}

void TextBuilder::reserve(size_t more) {
  if (more <= capacity_ - size_) return;
  if (more > rt_.arena.max_bytes() - size_) {
    raise_limit("a string would be longer than {} bytes", rt_.arena.max_bytes());
  }
  const size_t grown = std::max({size_ + more, 2 * capacity_, size_t{64}});
  if (data_ != nullptr && rt_.arena.extend(data_, capacity_, grown)) {
    capacity_ = grown;
    return;
  }
  char* moved = static_cast<char*>(rt_.arena.allocate(grown, 1));
  if (size_ > 0) std::memcpy(moved, data_, size_);
  data_ = moved;
  capacity_ = grown;
}

// Says that the bytes up to size_ have this origin.
void TextBuilder::mark(OriginId origin) {
  if (span_count_ > 0 && spans_[span_count_ - 1].origin == origin) {
    spans_[span_count_ - 1].end = size_;
    return;
  }
  if (span_count_ == span_capacity_) {
    const size_t grown = std::max<size_t>(4, 2 * span_capacity_);
    auto* moved = rt_.arena.array<OriginSpan>(grown);
    std::copy(spans_, spans_ + span_count_, moved);
    spans_ = moved;
    span_capacity_ = grown;
  }
  spans_[span_count_++] = {size_, origin};
}

void TextBuilder::append(std::string_view bytes, OriginId origin) {
  if (bytes.empty()) return;
  reserve(bytes.size());
  std::memcpy(data_ + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
  mark(origin);
}

void TextBuilder::append(const Text& text) {
  rt_.charge_bytes(text.bytes);
  if (text.data != nullptr) return append_slice(text, 0, text.bytes);
  reserve(text.bytes);
  for_each_piece(text, [&](const Text& piece) { append_slice(piece, 0, piece.bytes); });
}

void TextBuilder::append_slice(const Text& text, size_t begin, size_t end) {
  const char* bytes = view(rt_, text).data();
  if (text.spans.empty()) return append({bytes + begin, end - begin}, text.origin);
  for (size_t i = span_index_at(text.spans, begin); begin < end; ++i) {
    const size_t stop = std::min(text.spans[i].end, end);
    append({bytes + begin, stop - begin}, text.spans[i].origin);
    begin = stop;
  }
}

void TextBuilder::append_char(char32_t code_point, OriginId origin) {
  if (code_point < 0x80) {
    const char c = static_cast<char>(code_point);
    return append({&c, 1}, origin);
  }
  std::string encoded;
  append_utf8(encoded, code_point);
  append(encoded, origin);
}

const Text* TextBuilder::finish(bool markup) {
  Text* text = new_text(rt_, size_ == 0 ? "" : data_, size_, span_count_ == 1 ? spans_[0].origin : 0);
  if (span_count_ > 1) text->spans = spans();
  text->markup = markup;
  return text;
}

CharReader::CharReader(Runtime& rt, const Text& text)
    : text_(text), bytes_(view(rt, text)), spans_(text.spans) {
  rt.charge(text.bytes / 4);  // what is done to each character takes longer than copying it
}

bool CharReader::next() {
  begin_ = end_;
  if (begin_ == bytes_.size()) return false;
  const Utf8Char c = decode_utf8(bytes_, begin_);
  code_point_ = c.code_point;
  end_ += c.bytes;
  while (!spans_.empty() && spans_[span_].end <= begin_) ++span_;
  return true;
}

}  // namespace ferry::jinja
