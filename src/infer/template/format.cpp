// "..." % arguments, and markup escaping. str.format is in format_braces.cpp.

#include <algorithm>
#include <cmath>

#include "base/core/utf8.h"
#include "infer/template/library.h"
#include "infer/template/text_operations.h"

namespace ferry::jinja {
namespace {

constexpr Int kMaxWidth = 1'000'000;  // of one formatted field; far beyond what text is for

struct Conversion {
  bool left = false;
  bool sign = false;
  bool space = false;
  bool alternate = false;
  bool zero = false;
  Int width = 0;
  Int precision = -1;
  char type = 's';
};

class PercentFormatter {
 public:
  PercentFormatter(Runtime& rt, const Text& format, const Value& arguments)
      : rt_(rt), format_(format), bytes_(view(rt, format)), arguments_(arguments), out_(rt) {
    is_tuple_ = arguments.is(Kind::tuple);
    is_mapping_ = arguments.is(Kind::dict) || arguments.is(Kind::list) || arguments.is(Kind::range) ||
                  arguments.is_undefined();
    rt.charge_bytes(bytes_.size());
  }

  Value run() {
    while (position_ < bytes_.size()) {
      const size_t percent = std::min(bytes_.find('%', position_), bytes_.size());
      out_.append_slice(format_, position_, percent);
      position_ = percent;
      if (position_ < bytes_.size()) conversion();
    }
    const bool left_over = is_tuple_ ? used_ < arguments_.list->items.size() : used_ == 0 && !is_mapping_;
    if (left_over) raise("not all arguments converted during string formatting");
    return out_.finish_value(format_.markup);
  }

 private:
  char take() {
    if (position_ >= bytes_.size()) raise("incomplete format");
    return bytes_[position_++];
  }

  Value next_argument() {
    if (is_tuple_) {
      if (used_ >= arguments_.list->items.size()) raise("not enough arguments for format string");
      return arguments_.list->items[used_++];
    }
    if (used_++ > 0) raise("not enough arguments for format string");
    return arguments_;
  }

  Value keyed_argument() {
    int depth = 1;
    const size_t begin = position_;
    while (depth > 0) {
      if (position_ >= bytes_.size()) raise("incomplete format key");
      const char c = bytes_[position_++];
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    }
    if (!is_mapping_ || is_tuple_) raise("format requires a mapping");
    const std::string_view key = bytes_.substr(begin, position_ - 1 - begin);
    if (arguments_.is_undefined()) raise_undefined(rt_, arguments_);
    if (!arguments_.is(Kind::dict)) raise("list indices must be integers or slices, not str");
    const Value* found = arguments_.dict->find(rt_, key);
    if (found == nullptr) raise("'{}'", key);
    used_ = 1;
    return *found;
  }

  Int number_or_star(char& c) {
    if (c == '*') {
      const Value given = next_argument();
      if (!given.is_integral()) raise("* wants int");
      c = take();
      return std::clamp<Int>(given.as_int(), -kMaxWidth - 1, kMaxWidth + 1);
    }
    Int number = 0;
    while (c >= '0' && c <= '9') {
      number = std::min<Int>(number * 10 + (c - '0'), kMaxWidth + 1);
      c = take();
    }
    return number;
  }

  void conversion() {
    const OriginId origin = origin_at(rt_, format_, position_);
    ++position_;
    rt_.charge(1);
    Conversion spec;
    char c = take();
    Value argument;
    if (c == '(') {
      argument = keyed_argument();
      c = take();
    }
    for (; c == '-' || c == '+' || c == ' ' || c == '#' || c == '0'; c = take()) {
      spec.left |= c == '-';
      spec.sign |= c == '+';
      spec.space |= c == ' ';
      spec.alternate |= c == '#';
      spec.zero |= c == '0';
    }
    spec.width = number_or_star(c);
    if (spec.width < 0) {
      spec.left = true;
      spec.width = -spec.width;
    }
    if (c == '.') {
      c = take();
      spec.precision = std::max<Int>(number_or_star(c), 0);
    }
    if (spec.width > kMaxWidth || spec.precision > kMaxWidth)
      raise("a format width beyond {}", print_int(kMaxWidth));
    if (c == 'h' || c == 'l' || c == 'L') c = take();
    spec.type = c;
    if (c == '%') return out_.append("%", origin);
    if (std::string_view("diouxXeEfFgGcrsa").find(c) == std::string_view::npos) {
      raise("unsupported format character '{}' ({:#x}) at index {}", c, static_cast<unsigned char>(c),
            position_ - 1);
    }
    if (argument.is_missing()) argument = next_argument();
    write(spec, argument);
  }

  void write(const Conversion& spec, const Value& value) {
    if (std::string_view("sra").find(spec.type) != std::string_view::npos) return write_text(spec, value);
    if (spec.type == 'c') return write_char(spec, value);
    std::string digits = std::string_view("eEfFgG").find(spec.type) != std::string_view::npos
                             ? float_digits(spec, value)
                             : int_digits(spec, value);
    std::string sign;
    if (digits.starts_with('-')) {
      sign = "-";
      digits.erase(0, 1);
    } else if (spec.sign || spec.space) {
      sign = spec.sign ? "+" : " ";
    }
    if (spec.alternate && (spec.type == 'x' || spec.type == 'X' || spec.type == 'o')) {
      sign += '0';
      sign += spec.type;
    }
    const auto width = static_cast<size_t>(spec.width);
    if (spec.zero && !spec.left && sign.size() + digits.size() < width) {
      digits.insert(0, width - sign.size() - digits.size(), '0');
    }
    padded(spec, *copy_text(rt_, sign + digits, value.origin));
  }

  void padded(const Conversion& spec, const Text& text) {
    out_.append(*pad(rt_, text, spec.width, ' ', spec.left ? Side::left : Side::right));
  }

  void write_text(const Conversion& spec, const Value& value) {
    TextBuilder printed(rt_);
    if (spec.type == 's') {
      print(rt_, value, printed);
    } else {
      print_repr(rt_, value, printed);
    }
    const Text* text = printed.finish(value.is_string() && value.text->markup);
    if (spec.type == 'a') text = copy_text(rt_, to_ascii(view(rt_, *text)), main_origin(*text));
    if (format_.markup && !text->markup) text = escape_html(rt_, *text);
    if (spec.precision >= 0 && static_cast<Int>(length(rt_, *text)) > spec.precision) {
      text = slice_bytes(rt_, *text, 0, byte_offset(rt_, *text, static_cast<size_t>(spec.precision)));
    }
    padded(spec, *text);
  }

  static std::string to_ascii(std::string_view bytes) {
    std::string out;
    for (size_t i = 0; i < bytes.size();) {
      const Utf8Char c = decode_utf8(bytes, i);
      const auto code = static_cast<uint32_t>(c.code_point);
      if (code < 0x80) {
        out.push_back(bytes[i]);
      } else {
        out += code < 0x100     ? fmt::format("\\x{:02x}", code)
               : code < 0x10000 ? fmt::format("\\u{:04x}", code)
                                : fmt::format("\\U{:08x}", code);
      }
      i += c.bytes;
    }
    return out;
  }

  void write_char(const Conversion& spec, const Value& value) {
    if (value.is_string() && length(rt_, *value.text) == 1) return padded(spec, *value.text);
    if (!value.is_integral()) raise("%c requires int or char");
    const Int code = value.as_int();
    if (code < 0 || code > 0x10FFFF) raise("%c arg not in range(0x110000)");
    if (code >= 0xD800 && code < 0xE000) raise("surrogates are not allowed");
    std::string encoded;
    append_utf8(encoded, static_cast<char32_t>(code));
    padded(spec, *copy_text(rt_, encoded, value.origin));
  }

  std::string int_digits(const Conversion& spec, const Value& value) const {
    const bool decimal = spec.type == 'd' || spec.type == 'i' || spec.type == 'u';
    if (value.is_undefined()) raise_undefined(rt_, value);
    if (!value.is_integral() && !(decimal && value.is(Kind::floating))) {
      raise("%{} format: {} is required, not {}", spec.type, decimal ? "a real number" : "an integer",
            type_name(value));
    }
    const Int number = value.is(Kind::floating) ? truncate_to_int(value.floating) : value.as_int();
    std::string digits;
    auto rest = static_cast<unsigned __int128>(number);
    if (number < 0) rest = -rest;
    const unsigned base = decimal ? 10 : spec.type == 'o' ? 8 : 16;
    do {
      const auto digit = static_cast<unsigned>(rest % base);
      digits.push_back(spec.type == 'X' ? "0123456789ABCDEF"[digit] : "0123456789abcdef"[digit]);
      rest /= base;
    } while (rest > 0);
    while (static_cast<Int>(digits.size()) < spec.precision) digits.push_back('0');
    if (number < 0) digits.push_back('-');
    std::reverse(digits.begin(), digits.end());
    return digits;
  }

  std::string float_digits(const Conversion& spec, const Value& value) const {
    if (value.is_undefined()) raise_undefined(rt_, value);
    if (!value.is_number()) raise("must be real number, not {}", type_name(value));
    const int precision = spec.precision < 0 ? 6 : static_cast<int>(std::min<Int>(spec.precision, 1000));
    return format_spec(rt_, Value::of(as_double(value)),
                       fmt::format("{}.{}{}", spec.alternate ? "#" : "", precision, spec.type));
  }

  Runtime& rt_;
  const Text& format_;
  std::string_view bytes_;
  const Value& arguments_;
  TextBuilder out_;
  size_t position_ = 0;
  size_t used_ = 0;
  bool is_tuple_ = false;
  bool is_mapping_ = false;
};

}  // namespace

Value format_percent(Runtime& rt, const Text& format, const Value& arguments) {
  return PercentFormatter(rt, format, arguments).run();
}

const Text* escape_html(Runtime& rt, const Text& text) {
  if (text.markup) return &text;
  TextBuilder out(rt);
  for (CharReader reader(rt, text); reader.next();) {
    std::string_view escaped = reader.raw();
    if (escaped == "&") escaped = "&amp;";
    if (escaped == "<") escaped = "&lt;";
    if (escaped == ">") escaped = "&gt;";
    if (escaped == "'") escaped = "&#39;";
    if (escaped == "\"") escaped = "&#34;";
    out.append(escaped, reader.origin());
  }
  return out.finish(true);
}

}  // namespace ferry::jinja
