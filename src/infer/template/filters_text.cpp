#include <algorithm>

#include "base/core/utf8.h"
#include "infer/template/filter_tables.h"
#include "infer/template/text_operations.h"
#include "infer/template/unicode.h"

namespace ferry::jinja {
namespace {

Value upper_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("upper", args, 0, 0);
  return Value::of(upper(rt, soft_text(rt, self)));
}

Value lower_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("lower", args, 0, 0);
  return Value::of(lower(rt, soft_text(rt, self)));
}

Value capitalize_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("capitalize", args, 0, 0);
  return Value::of(capitalise(rt, soft_text(rt, self)));
}

bool begins_word(char32_t c) {
  return c == '-' || c == '(' || c == '{' || c == '[' || c == '<' || is_space(c);
}

// Unlike str.title, words begin only behind spaces, hyphens and opening brackets.
Value title_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("title", args, 0, 0);
  const Text& text = soft_text(rt, self);
  std::vector<size_t> starts;  // of the pieces between which the case rule begins anew
  bool in_separator = false;
  for (CharReader reader(rt, text); reader.next();) {
    const bool separator = begins_word(reader.code_point());
    if (reader.begin() == 0 || separator != in_separator) starts.push_back(reader.begin());
    in_separator = separator;
  }
  starts.push_back(text.bytes);
  TextBuilder out(rt);
  for (size_t i = 0; i + 1 < starts.size(); ++i) {
    const Text* piece = slice_bytes(rt, text, starts[i], starts[i + 1]);
    const size_t first = decode_utf8(view(rt, *piece), 0).bytes;
    out.append(*upper(rt, *slice_bytes(rt, *piece, 0, first)));
    out.append(*lower(rt, *slice_bytes(rt, *piece, first, piece->bytes)));
  }
  return out.finish_value();
}

Value trim_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto [chars] = bind("trim", args, {"chars"});
  const bool given = !chars.is_missing() && !chars.is(Kind::none);
  if (given && !chars.is_string()) raise("strip arg must be None or str");
  return Value::of(strip(rt, soft_text(rt, self), given ? chars.text : nullptr, Side::both));
}

Value replace_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto [old, fresh, count] = bind("replace", args, {"old", "new", "count"}, 2);
  const Int most = count.is(Kind::none) ? -1 : int_argument(count, -1);
  return Value::of(replace(rt, *to_text(rt, self), *to_text(rt, old), *to_text(rt, fresh), most));
}

Value center_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto [width] = bind("center", args, {"width"});
  return Value::of(pad(rt, soft_text(rt, self), int_argument(width, 80), ' ', Side::both));
}

const Text& indentation(Runtime& rt, const Value& width) {
  if (width.is_string()) return *width.text;
  const Int count = std::max<Int>(int_argument(width, 4), 0);
  return *multiply(rt, string_value(rt, " "), Value::of(count)).text;
}

Value indent_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto [width, first, blank] = bind("indent", args, {"width", "first", "blank"});
  if (!self.is_string()) raise("can only indent str, not {}", type_name(self));
  const Text& spaces = indentation(rt, width);
  const bool indent_blank = bool_argument(blank, false);
  const Value with_newline = add(rt, self, string_value(rt, "\n"));
  const std::vector<Value> lines = split_lines(rt, *with_newline.text, false);
  TextBuilder out(rt);
  for (size_t i = 0; i < lines.size(); ++i) {
    const Text& line = *lines[i].text;
    const bool wanted = i == 0 ? bool_argument(first, false) : indent_blank || line.bytes > 0;
    if (i > 0) out.append("\n", 0);
    if (wanted) out.append(spaces);
    out.append(line);
  }
  return out.finish_value(self.text->markup);
}

Value truncate_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  const auto [length_value, kill_words, end_value, leeway_value] =
      bind("truncate", args, {"length", "killwords", "end", "leeway"});
  const Value end = end_value.is_missing() ? string_value(rt, "...") : end_value;
  const Int size = int_argument(length_value, 255);
  const auto end_size = static_cast<Int>(length_of(rt, end));
  const Int leeway = leeway_value.is(Kind::none) ? 5 : int_argument(leeway_value, 5);
  if (size < end_size) raise("expected length >= {}, got {}", print_int(end_size), print_int(size));
  if (leeway < 0) raise("expected leeway >= 0, got {}", print_int(leeway));
  if (static_cast<Int>(length_of(rt, self)) <= size + leeway) return self;
  Value kept = get_slice(rt, self, {}, Value::of(size - end_size), {});
  if (!bool_argument(kill_words, false)) {
    const Text space{" ", 1, 1, {}, 0, false, nullptr, nullptr};
    kept = split_right(rt, string_argument(rt, kept, "truncate"), &space, 1)[0];
  }
  return add(rt, kept, end);
}

Value wordcount_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("wordcount", args, 0, 0);
  size_t count = 0;
  bool in_word = false;
  for (CharReader reader(rt, soft_text(rt, self)); reader.next();) {
    const bool word = is_word(reader.code_point());
    count += word && !in_word;
    in_word = word;
  }
  return Value::count(count);
}

Value format_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  if (!args.positional.empty() && !args.keywords.empty()) {
    raise("can't handle positional and keyword arguments at the same time");
  }
  Value arguments = Value::of(Kind::tuple, make_list(rt, {args.positional.begin(), args.positional.end()}));
  if (!args.keywords.empty()) {
    Dict* named = rt.arena.make<Dict>();
    for (const Keyword& keyword : args.keywords)
      named->set(rt, string_value(rt, keyword.name), keyword.value);
    arguments = Value::of(Kind::dict, named);
  }
  return format_percent(rt, soft_text(rt, self), arguments);
}

Value escape_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("escape", args, 0, 0);
  if (self.is_string() && self.text->markup) return self;
  return Value::of(escape_html(rt, soft_text(rt, self)));
}

Value force_escape_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("forceescape", args, 0, 0);
  return Value::of(escape_html(rt, *to_text(rt, self)));
}

Value safe_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("safe", args, 0, 0);
  return Value::of(with_markup(rt, soft_text(rt, self), true));
}

Value string_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("string", args, 0, 0);
  return Value::of(&soft_text(rt, self));
}

// urllib's quote(): UTF-8 bytes, "/" kept in paths, space as "+" in queries.
void quote(Runtime& rt, const Value& value, bool for_query, TextBuilder& out) {
  for (CharReader reader(rt, soft_text(rt, value)); reader.next();) {
    const char32_t c = reader.code_point();
    const bool plain = c < 0x80 && (is_alpha(c) || is_decimal(c) || c == '_' || c == '.' || c == '-' ||
                                    c == '~' || (c == '/' && !for_query));
    if (plain) {
      out.append(reader.raw(), reader.origin());
    } else if (c == ' ' && for_query) {
      out.append("+", reader.origin());
    } else {
      for (const char byte : reader.raw()) {
        out.append(fmt::format("%{:02X}", static_cast<unsigned char>(byte)), reader.origin());
      }
    }
  }
}

Value urlencode_filter(Runtime& rt, const Value& self, const CallArgs& args) {
  expect_positional("urlencode", args, 0, 0);
  TextBuilder out(rt);
  if (self.is_string() || !is_iterable(self)) {
    quote(rt, self, false, out);
    return out.finish_value();
  }
  Value pairs = self;
  if (self.is(Kind::dict)) pairs.kind = Kind::dict_items;
  Iterator* source = iterate(rt, pairs);
  bool first = true;
  for (Value pair; source->next(rt, pair); first = false) {
    const auto items = collect(rt, pair)->items;
    if (items.size() != 2) raise("not enough values to unpack (expected 2, got {})", items.size());
    if (!first) out.append("&", 0);
    quote(rt, items[0], true, out);
    out.append("=", 0);
    quote(rt, items[1], true, out);
  }
  return out.finish_value();
}

}  // namespace

std::span<const NamedFilter> text_filters() {
  static constexpr NamedFilter kFilters[] = {
      {"trim", trim_filter},          {"upper", upper_filter},
      {"lower", lower_filter},        {"capitalize", capitalize_filter},
      {"title", title_filter},        {"replace", replace_filter},
      {"center", center_filter},      {"indent", indent_filter},
      {"truncate", truncate_filter},  {"wordcount", wordcount_filter},
      {"format", format_filter},      {"escape", escape_filter},
      {"e", escape_filter},           {"forceescape", force_escape_filter},
      {"safe", safe_filter},          {"string", string_filter},
      {"urlencode", urlencode_filter}};
  return kFilters;
}

}  // namespace ferry::jinja
