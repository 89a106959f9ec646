#include <algorithm>

#include "base/core/utf8.h"
#include "infer/template/library.h"
#include "infer/template/text_operations.h"
#include "infer/template/unicode.h"

namespace ferry::jinja {
namespace {

const Text& self_text(const Value& self) {
  return *self.text;
}

// Absent or None: whitespace.
const Text* optional_chars(Runtime& rt, const Value& value, std::string_view function) {
  if (value.is_missing() || value.is(Kind::none)) return nullptr;
  if (!value.is_string()) raise("{} arg must be None or str", function);
  view(rt, *value.text);
  return value.text;
}

template <Side side>
Value strip_method(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("strip", args, 0, 1);
  const Value chars = args.positional.empty() ? Value{} : args.positional[0];
  return Value::of(strip(rt, self_text(self), optional_chars(rt, chars, "strip"), side));
}

template <const Text* (*change)(Runtime&, const Text&)>
Value changed(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("str method", args, 0, 0);
  return Value::of(change(rt, self_text(self)));
}

// Every character passes, and there is one.
template <bool (*test)(char32_t)>
Value all_chars(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("str method", args, 0, 0);
  for (CharReader reader(rt, self_text(self)); reader.next();) {
    if (!test(reader.code_point())) return Value::of(false);
  }
  return Value::of(self_text(self).bytes > 0);
}

bool is_alnum(char32_t c) {
  return is_alpha(c) || is_numeric(c);
}
bool is_ascii(char32_t c) {
  return c < 0x80;
}

Value ascii_method(Runtime& rt, const Value& self, const CallArgs& args) {
  return Value::of(self_text(self).bytes == 0 || all_chars<is_ascii>(rt, self, args).boolean);
}

Value printable_method(Runtime& rt, const Value& self, const CallArgs& args) {
  return Value::of(self_text(self).bytes == 0 || all_chars<is_printable>(rt, self, args).boolean);
}

Value title_case_method(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("istitle", args, 0, 0);
  bool after_cased = false;
  bool any = false;
  for (CharReader reader(rt, self_text(self)); reader.next();) {
    const char32_t c = reader.code_point();
    const bool capital = is_upper(c) || is_title(c);
    if (capital && after_cased) return Value::of(false);
    if (is_lower(c) && !after_cased) return Value::of(false);
    after_cased = is_cased(c);
    any |= after_cased;
  }
  return Value::of(any);
}

// At least one cased character, and none of the other case.
template <bool (*wanted)(char32_t), bool (*other)(char32_t)>
Value one_case(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("str method", args, 0, 0);
  bool any = false;
  for (CharReader reader(rt, self_text(self)); reader.next();) {
    const char32_t c = reader.code_point();
    if (other(c) || is_title(c)) return Value::of(false);
    any |= wanted(c);
  }
  return Value::of(any);
}

// start and end of `find`, `count`, `startswith`: in characters, negative from the end.
struct Window {
  size_t begin;  // bytes
  size_t end;
  bool valid;  // start <= end, and start within the text
};

Window window(Runtime& rt, const Text& text, const CallArgs& args) {
  const auto size = static_cast<Int>(length(rt, text));
  const auto bound = [&](size_t i, Int otherwise) {
    if (args.positional.size() <= i || args.positional[i].is(Kind::none)) return otherwise;
    const Value& value = args.positional[i];
    if (!value.is_integral()) raise("slice indices must be integers or None or have an __index__ method");
    const Int given = value.as_int() < 0 ? value.as_int() + size : value.as_int();
    return std::max<Int>(given, 0);
  };
  const Int start = bound(1, 0);
  const Int end = std::min(bound(2, size), size);
  if (start > size || start > end) return {0, 0, false};
  return {byte_offset(rt, text, static_cast<size_t>(start)), byte_offset(rt, text, static_cast<size_t>(end)),
          true};
}

Int chars_in(Runtime& rt, const Text& text, size_t bytes) {
  return static_cast<Int>(length(rt, *slice_bytes(rt, text, 0, bytes)));
}

template <bool from_right>
Int find_in(Runtime& rt, const Value& self, const CallArgs& args, std::string_view function) {
  expect_positional(function, args, 1, 3);
  const Text& text = self_text(self);
  const std::string_view wanted = view(rt, string_argument(rt, args.positional[0], "argument 1"));
  const Window in = window(rt, text, args);
  if (!in.valid) return -1;
  rt.charge_bytes(text.bytes);
  const std::string_view searched = view(rt, text).substr(in.begin, in.end - in.begin);
  const size_t found = from_right ? searched.rfind(wanted) : searched.find(wanted);
  return found == std::string_view::npos ? -1 : chars_in(rt, text, in.begin + found);
}

template <bool from_right>
Value find_method_of(Runtime& rt, const Value& self, const CallArgs& args) {
  return Value::of(find_in<from_right>(rt, self, args, "find"));
}

template <bool from_right>
Value index_method(Runtime& rt, const Value& self, const CallArgs& args) {
  const Int found = find_in<from_right>(rt, self, args, "index");
  if (found < 0) raise("substring not found");
  return Value::of(found);
}

Value count_method(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("count", args, 1, 3);
  const Text& text = self_text(self);
  const std::string_view wanted = view(rt, string_argument(rt, args.positional[0], "argument 1"));
  const Window in = window(rt, text, args);
  if (!in.valid) return Value::of(Int{0});
  rt.charge_bytes(text.bytes);
  const std::string_view searched = view(rt, text).substr(in.begin, in.end - in.begin);
  if (wanted.empty()) return Value::count(length(rt, *slice_bytes(rt, text, in.begin, in.end)) + 1);
  size_t count = 0;
  for (size_t i = 0; (i = searched.find(wanted, i)) != std::string_view::npos; i += wanted.size()) ++count;
  return Value::count(count);
}

template <bool at_end>
Value affix_method(Runtime& rt, const Value& self, const CallArgs& args) {
  const std::string_view function = at_end ? "endswith" : "startswith";
  expect_positional(function, args, 1, 3);
  const Text& text = self_text(self);
  const Window in = window(rt, text, args);
  const std::string_view searched = view(rt, text).substr(in.begin, in.end - in.begin);
  const auto matches = [&](const Value& affix) {
    if (!affix.is_string()) {
      raise("tuple for {} must only contain str, not {}", function, type_name(affix));
    }
    const std::string_view wanted = view(rt, *affix.text);
    return in.valid && (at_end ? searched.ends_with(wanted) : searched.starts_with(wanted));
  };
  const Value& given = args.positional[0];
  if (given.is_string()) return Value::of(matches(given));
  if (!given.is(Kind::tuple)) {
    raise("{} first arg must be str or a tuple of str, not {}", function, type_name(given));
  }
  return Value::of(std::any_of(given.list->items.begin(), given.list->items.end(), matches));
}

template <bool at_end>
Value remove_affix(Runtime& rt, const Value& self, const CallArgs& args) {
  const std::string_view function = at_end ? "removesuffix" : "removeprefix";
  expect_positional(function, args, 1, 1);
  const Text& text = self_text(self);
  const Text& affix = string_argument(rt, args.positional[0], function);
  const std::string_view bytes = view(rt, text);
  const std::string_view wanted = view(rt, affix);
  if (at_end ? !bytes.ends_with(wanted) : !bytes.starts_with(wanted)) return self;
  return Value::of(at_end ? slice_bytes(rt, text, 0, bytes.size() - wanted.size())
                          : slice_bytes(rt, text, wanted.size(), bytes.size()));
}

Value replace_method(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("replace", args, 2, 3);
  const Text* text = &self_text(self);
  const Text* old = &string_argument(rt, args.positional[0], "replace() argument 1");
  const Text* fresh = &string_argument(rt, args.positional[1], "replace() argument 2");
  if (text->markup && !fresh->markup) fresh = escape_html(rt, *fresh);
  const Int count = args.positional.size() > 2 ? int_argument(args.positional[2], -1) : -1;
  return Value::of(replace(rt, *text, *old, *fresh, count));
}

template <bool from_right>
Value split_method(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto [separator, most] = bind(from_right ? "rsplit" : "split", args, {"sep", "maxsplit"});
  const Text* at = optional_chars(rt, separator, "split");
  const Int limit = int_argument(most, -1);
  const Text& text = self_text(self);
  return list_value(rt, from_right ? split_right(rt, text, at, limit) : split(rt, text, at, limit));
}

Value splitlines_method(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto [keep] = bind("splitlines", args, {"keepends"});
  return list_value(rt, split_lines(rt, self_text(self), bool_argument(keep, false)));
}

template <bool from_right>
Value partition_method(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("partition", args, 1, 1);
  const Text& text = self_text(self);
  const Text& separator = string_argument(rt, args.positional[0], "argument");
  if (separator.bytes == 0) raise("empty separator");
  rt.charge_bytes(text.bytes);
  const std::string_view bytes = view(rt, text);
  const size_t found = from_right ? bytes.rfind(view(rt, separator)) : bytes.find(view(rt, separator));
  const Value empty = Value::of(slice_bytes(rt, text, 0, 0));
  std::vector<Value> parts;
  if (found == std::string_view::npos) {
    parts = from_right ? std::vector<Value>{empty, empty, self} : std::vector<Value>{self, empty, empty};
  } else {
    const size_t behind = found + separator.bytes;
    parts = {Value::of(slice_bytes(rt, text, 0, found)), Value::of(slice_bytes(rt, text, found, behind)),
             Value::of(slice_bytes(rt, text, behind, text.bytes))};
  }
  return Value::of(Kind::tuple, make_list(rt, parts));
}

Value join_method(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("join", args, 1, 1);
  if (!is_iterable(args.positional[0])) raise("can only join an iterable");
  const List* items = collect(rt, args.positional[0]);
  const Text& separator = self_text(self);
  std::vector<Value> parts;
  for (size_t i = 0; i < items->items.size(); ++i) {
    const Value& item = items->items[i];
    if (!separator.markup && !item.is_string()) {
      raise("sequence item {}: expected str instance, {} found", i, type_name(item));
    }
    const Text& text = soft_text(rt, item);
    parts.push_back(Value::of(separator.markup && !text.markup ? escape_html(rt, text) : &text));
  }
  return Value::of(with_markup(rt, *join(rt, separator, list_value(rt, parts)), separator.markup));
}

template <Side side>
Value pad_method(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("pad", args, 1, 2);
  char32_t fill = ' ';
  if (args.positional.size() > 1) {
    const Text& given = string_argument(rt, args.positional[1], "The fill character");
    if (length(rt, given) != 1) raise("The fill character must be exactly one character long");
    fill = decode_utf8(view(rt, given), 0).code_point;
  }
  return Value::of(pad(rt, self_text(self), int_argument(args.positional[0], 0), fill, side));
}

Value zfill_method(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("zfill", args, 1, 1);
  const Text& text = self_text(self);
  const Int width = int_argument(args.positional[0], 0);
  const std::string_view bytes = view(rt, text);
  const bool sign = !bytes.empty() && (bytes[0] == '+' || bytes[0] == '-');
  if (!sign) return Value::of(pad(rt, text, width, '0', Side::right));
  const Text* digits = pad(rt, *slice_bytes(rt, text, 1, text.bytes), width - 1, '0', Side::right);
  return Value::of(with_markup(rt, *concatenate(rt, *slice_bytes(rt, text, 0, 1), *digits), text.markup));
}

Value expandtabs_method(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto [size] = bind("expandtabs", args, {"tabsize"});
  const Int width = int_argument(size, 8);
  TextBuilder out(rt);
  Int column = 0;
  for (CharReader reader(rt, self_text(self)); reader.next();) {
    const char32_t c = reader.code_point();
    if (c != '\t') {
      out.append(reader.raw(), reader.origin());
      column = c == '\n' || c == '\r' ? 0 : column + 1;
    } else if (width > 0) {
      const Int spaces = width - column % width;
      rt.charge(static_cast<uint64_t>(std::min<Int>(spaces, INT64_MAX)));
      for (Int i = 0; i < spaces; ++i) out.append(" ", reader.origin());
      column += spaces;
    }
  }
  return out.finish_value(self_text(self).markup);
}

Value format_method(Runtime& rt, const Value& self, const CallArgs& args) {
  return format_braces(rt, self_text(self), args);
}

template <char const* name>
Value not_supported(Runtime&, const Value&, const CallArgs&) {
  raise_unsupported("the string method '{}' is not supported", name);
}
constexpr char kEncode[] = "encode";
constexpr char kTranslate[] = "translate";
constexpr char kFormatMap[] = "format_map";
constexpr char kMakeTrans[] = "maketrans";
constexpr char kIsIdentifier[] = "isidentifier";

// Full case folding is lower() but for a few letters; ß and final sigma are the ones that occur.
const Text* fold_case(Runtime& rt, const Text& text) {
  TextBuilder out(rt);
  for (CharReader reader(rt, text); reader.next();) {
    const char32_t c = reader.code_point();
    const std::u32string_view raised = to_upper(c);
    const std::u32string copied(raised.size() > 1 ? raised : std::u32string_view(&c, 1));
    for (const char32_t one : copied) {
      for (const char32_t mapped : to_lower(one == 0x3C2 ? U'\u03A3' : one))
        out.append_char(mapped, reader.origin());
    }
  }
  return out.finish(text.markup);
}

}  // namespace

std::span<const Method> string_methods() {
  static constexpr Method kMethods[] = {
      {"strip", strip_method<Side::both>},
      {"split", split_method<false>},
      {"startswith", affix_method<false>},
      {"endswith", affix_method<true>},
      {"replace", replace_method},
      {"upper", changed<upper>},
      {"lower", changed<lower>},
      {"lstrip", strip_method<Side::left>},
      {"rstrip", strip_method<Side::right>},
      {"rsplit", split_method<true>},
      {"splitlines", splitlines_method},
      {"join", join_method},
      {"format", format_method},
      {"find", find_method_of<false>},
      {"rfind", find_method_of<true>},
      {"index", index_method<false>},
      {"rindex", index_method<true>},
      {"count", count_method},
      {"title", changed<title_case>},
      {"capitalize", changed<capitalise>},
      {"swapcase", changed<swap_case>},
      {"casefold", changed<fold_case>},
      {"partition", partition_method<false>},
      {"rpartition", partition_method<true>},
      {"removeprefix", remove_affix<false>},
      {"removesuffix", remove_affix<true>},
      {"zfill", zfill_method},
      {"center", pad_method<Side::both>},
      {"ljust", pad_method<Side::left>},
      {"rjust", pad_method<Side::right>},
      {"expandtabs", expandtabs_method},
      {"isdigit", all_chars<is_digit>},
      {"isdecimal", all_chars<is_decimal>},
      {"isnumeric", all_chars<is_numeric>},
      {"isalpha", all_chars<is_alpha>},
      {"isalnum", all_chars<is_alnum>},
      {"isspace", all_chars<is_space>},
      {"isascii", ascii_method},
      {"isprintable", printable_method},
      {"islower", one_case<is_lower, is_upper>},
      {"isupper", one_case<is_upper, is_lower>},
      {"istitle", title_case_method},
      {"encode", not_supported<kEncode>},
      {"translate", not_supported<kTranslate>},
      {"maketrans", not_supported<kMakeTrans>},
      {"format_map", not_supported<kFormatMap>},
      {"isidentifier", not_supported<kIsIdentifier>},
  };
  return kMethods;
}

}  // namespace ferry::jinja
