#pragma once
// Strings that know where each of their bytes came from. A Text is either flat (bytes, and spans of origins)
// or the concatenation of two others that becomes flat when its bytes are asked for, so that appending in a
// loop is cheap. Bytes are valid UTF-8: sources and contexts are checked where they come in. Lengths and
// positions are code points, as Python's.

#include <cstdint>
#include <string_view>

#include "infer/template/value.h"

namespace ferry::jinja {

// Bytes from the end of the span before (or 0) up to `end` have this origin.
struct OriginSpan {
  size_t end;
  OriginId origin;
};

struct Text {
  static constexpr size_t kUnknown = ~size_t{0};

  mutable const char* data;  // null: not flat yet
  size_t bytes;
  mutable size_t chars;                       // code points, or kUnknown
  mutable std::span<const OriginSpan> spans;  // empty: all of `origin`
  OriginId origin;
  bool markup;  // markupsafe's: what `escape` and `safe` return; operators escape what they join to it
  mutable const Text* left;
  mutable const Text* right;
};

// The bytes; they live as long as the arena, or as what the text was borrowed from.
std::string_view view(Runtime& rt, const Text& text);
// Code points.
size_t length(Runtime& rt, const Text& text);
// The byte where code point number `index` begins; index <= length.
size_t byte_offset(Runtime& rt, const Text& text, size_t index);
OriginId origin_at(Runtime& rt, const Text& text, size_t byte);
// One origin for what is computed from a whole text: the first that is not the template's own.
OriginId main_origin(const Text& text);

// Does not copy: `bytes` must outlive the rendering.
const Text* borrow_text(Runtime& rt, std::string_view bytes, OriginId origin = 0);
const Text* copy_text(Runtime& rt, std::string_view bytes, OriginId origin = 0);
Value string_value(Runtime& rt, std::string_view bytes, OriginId origin = 0);  // copies

const Text* concatenate(Runtime& rt, const Text& a, const Text& b);
const Text* slice_bytes(Runtime& rt, const Text& text, size_t begin, size_t end);
const Text* with_markup(Runtime& rt, const Text& text, bool markup);
// The same text, written by a generation block.
const Text* mark_generated(Runtime& rt, const Text& text);

// Builds a text piece by piece; neighbours of one origin share a span.
class TextBuilder {
 public:
  explicit TextBuilder(Runtime& rt) : rt_(rt) {}

  void append(std::string_view bytes, OriginId origin);
  void append(const Text& text);
  void append_slice(const Text& text, size_t begin, size_t end);
  void append_char(char32_t code_point, OriginId origin);

  size_t size() const { return size_; }
  std::string_view bytes() const { return {data_, size_}; }
  std::span<const OriginSpan> spans() const { return {spans_, span_count_}; }
  const Text* finish(bool markup = false);
  Value finish_value(bool markup = false) { return Value::of(finish(markup)); }

 private:
  void reserve(size_t more);
  void mark(OriginId origin);

  Runtime& rt_;
  char* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
  OriginSpan* spans_ = nullptr;
  size_t span_count_ = 0;
  size_t span_capacity_ = 0;
};

// Walks the code points of a flat text together with their origins.
class CharReader {
 public:
  CharReader(Runtime& rt, const Text& text);

  bool next();  // to the next one; false at the end
  char32_t code_point() const { return code_point_; }
  std::string_view raw() const { return bytes_.substr(begin_, end_ - begin_); }
  size_t begin() const { return begin_; }
  size_t end() const { return end_; }
  OriginId origin() const { return spans_.empty() ? text_.origin : spans_[span_].origin; }

 private:
  const Text& text_;
  std::string_view bytes_;
  std::span<const OriginSpan> spans_;
  size_t span_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
  char32_t code_point_ = 0;
};

}  // namespace ferry::jinja
