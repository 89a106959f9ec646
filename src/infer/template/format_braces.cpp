// "...".format(...) and format(value, spec).

#include <algorithm>
#include <cmath>

#include "base/core/utf8.h"
#include "infer/template/library.h"
#include "infer/template/text_operations.h"

namespace ferry::jinja {
namespace {

constexpr Int kMaxWidth = 1'000'000;

// [[fill]align][sign][#][0][width][grouping][.precision][type]
struct Spec {
  std::string fill = " ";
  char align = '\0';
  char sign = '-';
  bool alternate = false;
  Int width = 0;
  char grouping = '\0';
  Int precision = -1;
  char type = '\0';
};

bool is_align(char c) {
  return c == '<' || c == '>' || c == '=' || c == '^';
}

Int parse_number(std::string_view text, size_t& i) {
  Int number = 0;
  for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) {
    number = number * 10 + (text[i] - '0');
    if (number > kMaxWidth) raise("Too many decimal digits in format string");
  }
  return number;
}

Spec parse_spec(std::string_view text, const Value& value) {
  Spec spec;
  size_t i = 0;
  const auto at = [&](size_t k) { return k < text.size() ? text[k] : '\0'; };
  const size_t first = text.empty() ? 0 : decode_utf8(text, 0).bytes;
  if (first > 0 && is_align(at(first))) {
    spec.fill = text.substr(0, first);
    spec.align = at(first);
    i = first + 1;
  } else if (is_align(at(0))) {
    spec.align = at(0);
    i = 1;
  }
  if (at(i) == '+' || at(i) == '-' || at(i) == ' ') spec.sign = at(i++);
  if (at(i) == '#') {
    spec.alternate = true;
    ++i;
  }
  if (at(i) == '0') {
    if (spec.align == '\0') {
      spec.fill = "0";
      if (!value.is_string()) spec.align = '=';
    }
    ++i;
  }
  spec.width = parse_number(text, i);
  if (at(i) == ',' || at(i) == '_') spec.grouping = at(i++);
  if (at(i) == '.') {
    const size_t digits = ++i;
    spec.precision = parse_number(text, i);
    if (i == digits) raise("Format specifier missing precision");
  }
  if (i < text.size()) spec.type = at(i++);
  if (i < text.size()) raise("Invalid format specifier");
  return spec;
}

[[noreturn]] void unknown_code(char code, const Value& value) {
  raise("Unknown format code '{}' for object of type '{}'", code, type_name(value));
}

std::string group(std::string_view digits, char separator, size_t size) {
  std::string out;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % size == 0) out.push_back(separator);
    out.push_back(digits[i]);
  }
  return out;
}

// Sign, prefix and digits, set into the width.
std::string align_number(const Spec& spec, std::string_view sign, std::string digits, std::string_view rest,
                         size_t group_size) {
  const auto width = static_cast<size_t>(spec.width);
  const char align = spec.align == '\0' ? '>' : spec.align;
  if (align == '=' && spec.fill == "0" && spec.grouping != '\0') {
    while (sign.size() + group(digits, spec.grouping, group_size).size() + rest.size() < width)
      digits.insert(0, "0");
  }
  if (spec.grouping != '\0') digits = group(digits, spec.grouping, group_size);
  const size_t size = sign.size() + digits.size() + rest.size();
  const size_t margin = width > size ? width - size : 0;
  const size_t left = align == '<' ? 0 : align == '^' ? margin / 2 : align == '=' ? 0 : margin;
  std::string out;
  for (size_t i = 0; i < left; ++i) out += spec.fill;
  out += sign;
  for (size_t i = 0; align == '=' && i < margin; ++i) out += spec.fill;
  out.append(digits).append(rest);
  for (size_t i = left; align != '=' && i < margin; ++i) out += spec.fill;
  return out;
}

std::string sign_of(const Spec& spec, bool negative) {
  if (negative) return "-";
  return spec.sign == '-' ? "" : std::string(1, spec.sign);
}

std::string format_int(const Spec& spec, const Value& value) {
  const Int number = value.as_int();
  if (spec.precision >= 0) raise("Precision not allowed in integer format specifier");
  const unsigned base = spec.type == 'b'                       ? 2
                        : spec.type == 'o'                     ? 8
                        : spec.type == 'x' || spec.type == 'X' ? 16
                                                               : 10;
  if (base != 10 && spec.grouping == ',') raise("Cannot specify ',' with '{}'.", spec.type);
  std::string digits;
  auto rest = static_cast<unsigned __int128>(number);
  if (number < 0) rest = -rest;
  do {
    const auto digit = static_cast<unsigned>(rest % base);
    digits.push_back(spec.type == 'X' ? "0123456789ABCDEF"[digit] : "0123456789abcdef"[digit]);
    rest /= base;
  } while (rest > 0);
  std::reverse(digits.begin(), digits.end());
  std::string sign = sign_of(spec, number < 0);
  if (spec.alternate && base != 10) sign += {'0', spec.type};
  return align_number(spec, sign, digits, "", base == 10 ? 3 : 4);
}

// Digits of |number| by type and precision; '\0' is repr.
std::string float_digits(const Spec& spec, double number) {
  char type = spec.type;
  if (!std::isfinite(number)) {
    std::string name = std::isnan(number) ? "nan" : "inf";
    if (type == 'E' || type == 'F' || type == 'G')
      std::transform(name.begin(), name.end(), name.begin(), ::toupper);
    return name + (type == '%' ? "%" : "");
  }
  if (type == '\0' && spec.precision < 0) return print_double(number);
  const int precision = spec.precision < 0 ? 6 : static_cast<int>(std::min<Int>(spec.precision, 1000));
  if (type == '%') return fmt::format("{:.{}f}%", number * 100, precision);
  char format[] = {'%', '#', '.', '*', type, '\0'};
  char plain[] = {'%', '.', '*', type, '\0'};
  if (type == '\0') format[4] = plain[3] = 'g';
  const char* chosen = spec.alternate ? format : plain;
  const int size = std::snprintf(nullptr, 0, chosen, precision, number);
  std::string out(static_cast<size_t>(size) + 1, '\0');
  std::snprintf(out.data(), out.size(), chosen, precision, number);
  out.resize(static_cast<size_t>(size));
  // Without a type, a float keeps a digit behind its point.
  if (type == '\0' && out.find_first_of(".en") == std::string::npos) out += ".0";
  return out;
}

std::string format_float(Spec spec, const Value& value) {
  if (spec.type == 'n') spec.type = spec.precision < 0 && value.is_integral() ? 'd' : 'g';
  const double number = as_double(value);
  const bool negative = std::signbit(number) && !std::isnan(number);
  const std::string text = float_digits(spec, std::abs(number));
  const size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  return align_number(spec, sign_of(spec, negative), text.substr(0, end), std::string_view(text).substr(end),
                      3);
}

class BraceFormatter {
 public:
  BraceFormatter(Runtime& rt, const Text& format, const CallArgs& arguments)
      : rt_(rt), format_(format), arguments_(arguments) {}

  Value run() {
    TextBuilder out(rt_);
    write(view(rt_, format_), 0, 2, out);
    return out.finish_value(format_.markup);
  }

 private:
  // `base`: where `text` stands in the format, for the origin of its bytes.
  void write(std::string_view text, size_t base, int depth, TextBuilder& out) {
    if (depth < 0) raise("Max string recursion exceeded");
    for (size_t i = 0; i < text.size();) {
      const size_t brace = std::min(text.find_first_of("{}", i), text.size());
      out.append_slice(format_, base + i, base + brace);
      i = brace;
      if (i == text.size()) return;
      if (i + 1 < text.size() && text[i + 1] == text[i]) {
        out.append_slice(format_, base + i, base + i + 1);
        i += 2;
      } else if (text[i] == '}') {
        raise("Single '}}' encountered in format string");
      } else {
        i = field(text, i + 1, base, depth, out);
      }
    }
  }

  // text[i] is behind "{"; returns where the text goes on.
  size_t field(std::string_view text, size_t i, size_t base, int depth, TextBuilder& out) {
    rt_.charge(1);
    const size_t end = closing_brace(text, i);
    std::string_view inner = text.substr(i, end - i);
    size_t name_end = 0;
    for (bool bracket = false; name_end < inner.size(); ++name_end) {
      bracket = inner[name_end] == '[' || (bracket && inner[name_end] != ']');
      if (!bracket && (inner[name_end] == '!' || inner[name_end] == ':')) break;
    }
    size_t spec_begin = name_end;
    char conversion = '\0';
    if (spec_begin < inner.size() && inner[spec_begin] == '!') {
      if (spec_begin + 1 >= inner.size()) raise("end of string while looking for conversion specifier");
      conversion = inner[spec_begin + 1];
      spec_begin += 2;
      if (spec_begin < inner.size() && inner[spec_begin] != ':')
        raise("expected ':' after conversion specifier");
    }
    Value value = lookup(inner.substr(0, name_end));
    TextBuilder spec(rt_);
    if (spec_begin < inner.size()) {
      write(inner.substr(spec_begin + 1), base + i + spec_begin + 1, depth - 1, spec);
    }
    append(convert(value, conversion), spec.bytes(), out);
    return end + 1;
  }

  static size_t closing_brace(std::string_view text, size_t i) {
    for (int depth = 1; i < text.size(); ++i) {
      depth += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
      if (depth == 0) return i;
    }
    raise("expected '}}' before end of string");
  }

  Value convert(const Value& value, char conversion) {
    if (conversion == '\0') return value;
    if (conversion == 's') return Value::of(to_text(rt_, value));
    if (conversion != 'r' && conversion != 'a') raise("Unknown conversion specifier {}", conversion);
    TextBuilder printed(rt_);
    print_repr(rt_, value, printed);
    return printed.finish_value();
  }

  void append(const Value& value, std::string_view spec, TextBuilder& out) {
    const Value* shown = &value;
    Value padded;
    if (!spec.empty() && value.is_string()) {
      padded = Value::of(padded_text(*value.text, parse_spec(spec, value)));
      shown = &padded;
    } else if (!spec.empty()) {
      padded = string_value(rt_, format_spec(rt_, value, spec), value.origin);
      shown = &padded;
    }
    if (format_.markup && !(shown->is_string() && shown->text->markup)) {
      return out.append(*escape_html(rt_, *to_text(rt_, *shown)));
    }
    print(rt_, *shown, out);
  }

  const Text* padded_text(const Text& text, const Spec& spec) {
    if (spec.type != '\0' && spec.type != 's') unknown_code(spec.type, Value::of(&text));
    if (spec.align == '=') raise("'=' alignment not allowed in string format specifier");
    if (spec.sign != '-') raise("Sign not allowed in string format specifier");
    if (spec.alternate) raise("Alternate form (#) not allowed in string format specifier");
    if (spec.grouping != '\0') raise("Cannot specify '{}' with 's'.", spec.grouping);
    const Text* kept = &text;
    if (spec.precision >= 0 && static_cast<Int>(length(rt_, text)) > spec.precision) {
      kept = slice_bytes(rt_, text, 0, byte_offset(rt_, text, static_cast<size_t>(spec.precision)));
    }
    const char32_t fill = decode_utf8(spec.fill, 0).code_point;
    if (spec.align != '^')
      return pad(rt_, *kept, spec.width, fill, spec.align == '>' ? Side::right : Side::left);
    // str.center puts the odd character elsewhere.
    const auto size = static_cast<Int>(length(rt_, *kept));
    const Int margin = std::max<Int>(spec.width - size, 0);
    const Text* left = pad(rt_, *kept, size + margin / 2, fill, Side::right);
    return pad(rt_, *left, size + margin, fill, Side::left);
  }

  // "0.name[key]", or "" for the next argument.
  Value lookup(std::string_view name) {
    const size_t end = std::min(name.find_first_of(".["), name.size());
    Value value = argument(name.substr(0, end));
    for (size_t i = end; i < name.size();) {
      if (name[i] == '.') {
        const size_t stop = std::min(name.find_first_of(".[", i + 1), name.size());
        if (stop == i + 1) raise("Empty attribute in format string");
        value = get_attribute(rt_, value, *copy_text(rt_, name.substr(i + 1, stop - i - 1)));
        i = stop;
      } else if (name[i] == '[') {
        const size_t stop = name.find(']', i);
        if (stop == std::string_view::npos) raise("Missing ']' in format string");
        if (stop == i + 1) raise("Empty attribute in format string");
        value = get_item(rt_, value, key(name.substr(i + 1, stop - i - 1)));
        i = stop + 1;
      } else {
        raise("Only '.' or '[' may follow ']' in format field specifier");
      }
    }
    return value;
  }

  static bool is_number(std::string_view text) {
    return !text.empty() && text.size() < 10 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  }

  Value key(std::string_view text) {
    if (is_number(text)) return Value::of(static_cast<Int>(std::stol(std::string(text))));
    return string_value(rt_, text);
  }

  Value argument(std::string_view name) {
    if (name.empty() || is_number(name)) {
      const bool automatic = name.empty();
      if (numbering_ != 0 && (numbering_ == 1) != automatic) {
        raise("cannot switch from {} field numbering",
              automatic ? "manual field specification to automatic" : "automatic field numbering to manual");
      }
      numbering_ = automatic ? 1 : 2;
      const size_t index = automatic ? next_++ : static_cast<size_t>(std::stol(std::string(name)));
      if (index >= arguments_.positional.size()) {
        raise("Replacement index {} out of range for positional args tuple", index);
      }
      return arguments_.positional[index];
    }
    for (const Keyword& keyword : arguments_.keywords) {
      if (keyword.name == name) return keyword.value;
    }
    raise("'{}'", name);
  }

  Runtime& rt_;
  const Text& format_;
  const CallArgs& arguments_;
  size_t next_ = 0;
  int numbering_ = 0;  // 1: automatic, 2: manual
};

}  // namespace

std::string format_spec(Runtime& /*rt*/, const Value& value, std::string_view text) {
  if (!value.is_number()) raise("unsupported format string passed to {}.__format__", type_name(value));
  const Spec spec = parse_spec(text, value);
  const bool int_type =
      std::string_view("bdoxX").find(spec.type) != std::string_view::npos && spec.type != '\0';
  const bool float_type =
      std::string_view("eEfFgGn%").find(spec.type) != std::string_view::npos && spec.type != '\0';
  if (spec.type != '\0' && !int_type && !float_type && spec.type != 'c') unknown_code(spec.type, value);
  if (spec.type == 'c') raise_unsupported("the format code 'c' is not supported");
  if (value.is_integral() && (int_type || spec.type == '\0')) return format_int(spec, value);
  if (int_type) unknown_code(spec.type, value);
  return format_float(spec, value);
}

Value format_braces(Runtime& rt, const Text& format, const CallArgs& arguments) {
  return BraceFormatter(rt, format, arguments).run();
}

}  // namespace ferry::jinja
