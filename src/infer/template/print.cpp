#include <algorithm>
#include <charconv>
#include <cmath>

#include "infer/template/operations.h"
#include "infer/template/unicode.h"

namespace ferry::jinja {
namespace {

// How repr shows one character inside of quotes; empty: as it is.
std::string escape_for_repr(char32_t c, char quote) {
  if (c == static_cast<char32_t>(quote) || c == '\\') return {'\\', static_cast<char>(c)};
  if (c == '\n') return "\\n";
  if (c == '\r') return "\\r";
  if (c == '\t') return "\\t";
  if (c >= 0x20 && c < 0x7F) return {};
  if (c >= 0x80 && is_printable(c)) return {};
  const auto code = static_cast<uint32_t>(c);
  if (c < 0x100) return fmt::format("\\x{:02x}", code);
  if (c < 0x10000) return fmt::format("\\u{:04x}", code);
  return fmt::format("\\U{:08x}", code);
}

void print_quoted(Runtime& rt, const Text& text, TextBuilder& out) {
  const std::string_view bytes = view(rt, text);
  const bool has_single = bytes.find('\'') != std::string_view::npos;
  const char quote = has_single && bytes.find('"') == std::string_view::npos ? '"' : '\'';
  const OriginId origin = main_origin(text);
  if (text.markup) out.append("Markup(", origin);
  out.append({&quote, 1}, origin);
  for (CharReader reader(rt, text); reader.next();) {
    const std::string escaped = escape_for_repr(reader.code_point(), quote);
    out.append(escaped.empty() ? reader.raw() : escaped, reader.origin());
  }
  out.append({&quote, 1}, origin);
  if (text.markup) out.append(")", origin);
}

void print_items(Runtime& rt, std::span<const Value> items, TextBuilder& out, OriginId origin) {
  bool first = true;
  for (const Value& item : items) {
    if (!first) out.append(", ", origin);
    first = false;
    print_repr(rt, item, out);
  }
}

void print_entries(Runtime& rt, const Value& dict, TextBuilder& out) {
  out.append("{", dict.origin);
  bool first = true;
  for (const auto& [key, value] : dict.dict->entries()) {
    if (!first) out.append(", ", dict.origin);
    first = false;
    print_repr(rt, key, out);
    out.append(": ", dict.origin);
    print_repr(rt, value, out);
  }
  out.append("}", dict.origin);
}

void print_view(Runtime& rt, const Value& dict, TextBuilder& out) {
  out.append(dict.is(Kind::dict_keys)     ? "dict_keys(["
             : dict.is(Kind::dict_values) ? "dict_values(["
                                          : "dict_items([",
             dict.origin);
  Value as_list = Value::of(Kind::list, collect(rt, dict));
  print_items(rt, as_list.list->items, out, dict.origin);
  out.append("])", dict.origin);
}

void print_range(const Range& range, TextBuilder& out) {
  out.append(fmt::format("range({}, {}", print_int(range.start), print_int(range.stop)), 0);
  if (range.step != 1) out.append(", " + print_int(range.step), 0);
  out.append(")", 0);
}

class JsonPrinter {
 public:
  JsonPrinter(Runtime& rt, const JsonStyle& style) : rt_(rt), style_(style), out_(rt) {}

  void value(const Value& v) {
    const Runtime::Nested nested(rt_);
    rt_.charge(1);
    switch (v.kind) {
      case Kind::none:
        return out_.append("null", v.origin);
      case Kind::boolean:
        return out_.append(v.boolean ? "true" : "false", v.origin);
      case Kind::integer:
        return out_.append(print_int(v.integer), v.origin);
      case Kind::floating:
        return out_.append(number(v.floating), v.origin);
      case Kind::string:
        return string(*v.text);
      case Kind::list:
      case Kind::tuple:
        return array(v);
      case Kind::dict:
        return object(v);
      default:
        raise("Object of type {} is not JSON serializable", type_name(v));
    }
  }

  Value finish() { return out_.finish_value(); }

 private:
  static std::string number(double d) {
    if (std::isnan(d)) return "NaN";
    if (std::isinf(d)) return d > 0 ? "Infinity" : "-Infinity";
    return print_double(d);
  }

  std::string escape(char32_t c) const {
    static constexpr std::string_view kSpecial = "\"\\\n\r\t\f\b";
    static constexpr std::string_view kLetters = "\"\\nrtfb";
    if (const size_t i = c < 0x80 ? kSpecial.find(static_cast<char>(c)) : std::string_view::npos;
        i != std::string_view::npos) {
      return {'\\', kLetters[i]};
    }
    const auto code = static_cast<uint32_t>(c);
    if (c < 0x20) return fmt::format("\\u{:04x}", code);
    if (!style_.ascii || c < 0x7F) return {};
    if (c < 0x10000) return fmt::format("\\u{:04x}", code);
    return fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + ((code - 0x10000) >> 10),
                       0xDC00 + ((code - 0x10000) & 0x3FF));
  }

  static bool is_plain(std::string_view bytes) {
    return std::none_of(bytes.begin(), bytes.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; });
  }

  void string(const Text& text) {
    const OriginId origin = main_origin(text);
    out_.append("\"", origin);
    if (!style_.ascii && is_plain(view(rt_, text))) {
      out_.append(text);
    } else {
      for (CharReader reader(rt_, text); reader.next();) {
        const std::string escaped = escape(reader.code_point());
        out_.append(escaped.empty() ? reader.raw() : escaped, reader.origin());
      }
    }
    out_.append("\"", origin);
  }

  void line_break(OriginId origin) {
    if (!style_.multiline) return;
    out_.append("\n", origin);
    for (int i = 0; i < level_; ++i) out_.append(style_.indent, origin);
  }

  void array(const Value& v) {
    if (v.list->items.empty()) return out_.append("[]", v.origin);
    out_.append("[", v.origin);
    ++level_;
    bool first = true;
    for (const Value& item : v.list->items) {
      if (!first) out_.append(style_.item_separator, v.origin);
      first = false;
      line_break(v.origin);
      value(item);
    }
    --level_;
    line_break(v.origin);
    out_.append("]", v.origin);
  }

  void object(const Value& v) {
    std::vector<Dict::Entry> entries(v.dict->entries().begin(), v.dict->entries().end());
    if (entries.empty()) return out_.append("{}", v.origin);
    if (style_.sort_keys) {
      std::stable_sort(entries.begin(), entries.end(),
                       [this](const auto& a, const auto& b) { return less(rt_, a.key, b.key); });
    }
    out_.append("{", v.origin);
    ++level_;
    bool first = true;
    for (const auto& entry : entries) {
      if (!first) out_.append(style_.item_separator, v.origin);
      first = false;
      line_break(v.origin);
      key(entry.key);
      out_.append(style_.key_separator, v.origin);
      value(entry.value);
    }
    --level_;
    line_break(v.origin);
    out_.append("}", v.origin);
  }

  void key(const Value& v) {
    if (v.is_string()) return string(*v.text);
    if (!v.is_number() && !v.is(Kind::none)) {
      raise("keys must be str, int, float, bool or None, not {}", type_name(v));
    }
    out_.append("\"", v.origin);
    value(v);
    out_.append("\"", v.origin);
  }

  Runtime& rt_;
  const JsonStyle& style_;
  TextBuilder out_;
  int level_ = 0;
};

}  // namespace

std::string print_int(Int number) {
  if (number >= INT64_MIN && number <= INT64_MAX) return fmt::format("{}", static_cast<int64_t>(number));
  std::string digits;
  auto rest = static_cast<unsigned __int128>(number);
  if (number < 0) rest = -rest;
  for (; rest > 0; rest /= 10) digits.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
  if (number < 0) digits.push_back('-');
  std::reverse(digits.begin(), digits.end());
  return digits;
}

// Python's repr: the shortest digits that read back the same, with an exponent below 1e-4 and from 1e16 on.
std::string print_double(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::scientific).ptr;
  const std::string_view text(buffer, static_cast<size_t>(end - buffer));
  const size_t e = text.find('e');
  const int exponent = std::stoi(std::string(text.substr(e + 1)));
  if (exponent < -4 || exponent >= 16) return std::string(text);
  const auto plain_end = std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::fixed).ptr;
  std::string plain(buffer, plain_end);
  if (plain.find('.') == std::string::npos) plain += ".0";
  return plain;
}

void print_repr(Runtime& rt, const Value& value, TextBuilder& out) {
  const Runtime::Nested nested(rt);
  rt.charge(1);
  switch (value.kind) {
    case Kind::missing:
      return;
    case Kind::undefined:
      return out.append("Undefined", 0);
    case Kind::none:
      return out.append("None", value.origin);
    case Kind::boolean:
      return out.append(value.boolean ? "True" : "False", value.origin);
    case Kind::integer:
      return out.append(print_int(value.integer), value.origin);
    case Kind::floating:
      return out.append(print_double(value.floating), value.origin);
    case Kind::string:
      return print_quoted(rt, *value.text, out);
    case Kind::list:
      out.append("[", value.origin);
      print_items(rt, value.list->items, out, value.origin);
      return out.append("]", value.origin);
    case Kind::tuple:
      out.append("(", value.origin);
      print_items(rt, value.list->items, out, value.origin);
      return out.append(value.list->items.size() == 1 ? ",)" : ")", value.origin);
    case Kind::dict:
      return print_entries(rt, value, out);
    case Kind::name_space:
      out.append("<Namespace ", 0);
      print_entries(rt, value, out);
      return out.append(">", 0);
    case Kind::range:
      return print_range(*value.range, out);
    case Kind::dict_keys:
    case Kind::dict_values:
    case Kind::dict_items:
      return print_view(rt, value, out);
    default:
      // Python prints an address here, so no template means it.
      return out.append(fmt::format("<{} object>", type_name(value)), 0);
  }
}

void print(Runtime& rt, const Value& value, TextBuilder& out) {
  if (value.is_string()) return out.append(*value.text);
  if (value.is_undefined()) return;
  print_repr(rt, value, out);
}

const Text* to_text(Runtime& rt, const Value& value) {
  if (value.is_string()) return with_markup(rt, *value.text, false);
  TextBuilder out(rt);
  print(rt, value, out);
  return out.finish();
}

std::string repr(Runtime& rt, const Value& value) {
  TextBuilder out(rt);
  print_repr(rt, value, out);
  return std::string(out.bytes());
}

Value to_json(Runtime& rt, const Value& value, const JsonStyle& style) {
  JsonPrinter printer(rt, style);
  printer.value(value);
  return printer.finish();
}

}  // namespace ferry::jinja
