#include "infer/grammar/json_text.h"

#include "infer/grammar/compile.h"

namespace ferry {
namespace {

constexpr int kMaxNesting = 32;
constexpr uint32_t kMaxDigits = 40;
constexpr uint32_t kMaxIndent = 32;
constexpr uint32_t kMaxTabs = 8;

RegexId optional_space(RegexPool& pool) {
  const RegexId indent =
      pool.alt(pool.repeat(pool.literal(" "), 0, kMaxIndent), pool.repeat(pool.literal("\t"), 0, kMaxTabs));
  return pool.optional(pool.alt(pool.literal(" "), pool.cat(pool.literal("\n"), indent)));
}

}  // namespace

std::string canonical_content(std::string_view utf8) {
  static constexpr std::string_view kShort = "\"\\\b\t\n\f\r";
  static constexpr std::string_view kLetters = "\"\\btnfr";
  std::string out;
  for (const char c : utf8) {
    if (const size_t at = kShort.find(c); at != kShort.npos) {
      out += '\\';
      out += kLetters[at];
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out;
}

JsonText::JsonText(GrammarBuilder& parts, bool compact)
    : parts_(parts), space_(compact ? RegexPool::kEmpty : optional_space(parts.pool)) {
  RegexPool& pool = parts.pool;
  const auto before_space = [&](std::string_view sign) {
    return parts.rules.terminal(pool.cat(pool.literal(sign), space_));
  };
  const auto after_space = [&](std::string_view sign) {
    return parts.rules.terminal(pool.cat(space_, pool.literal(sign)));
  };
  open_object_ = before_space("{");
  close_object_ = after_space("}");
  open_array_ = before_space("[");
  close_array_ = after_space("]");
  comma_ = before_space(",");
  end_empty_object_ = parts.rules.terminal(pool.literal("}"));
  end_empty_array_ = parts.rules.terminal(pool.literal("]"));
}

RegexId JsonText::quoted(RegexId content) {
  const RegexId quote = parts_.pool.literal("\"");
  return parts_.pool.cat({quote, content, quote});
}

RegexId JsonText::key(RegexId content) {
  return parts_.pool.cat({quoted(content), parts_.pool.literal(":"), space_});
}

RegexId JsonText::any_string() {
  RegexPool& pool = parts_.pool;
  ByteSet hex = ByteSet::range('0', '9') | ByteSet::range('a', 'f') | ByteSet::range('A', 'F');
  const auto set = [&](std::string_view bytes) {
    ByteSet members;
    for (const char byte : bytes) members.insert(static_cast<uint8_t>(byte));
    return pool.bytes(members);
  };
  const auto digits = [&](uint32_t n) { return pool.repeat(pool.bytes(hex), n, n); };
  const RegexId d = set("dD");
  const RegexId single =
      pool.alt(pool.cat(set("0123456789abcABCefEF"), digits(3)), pool.cat({d, set("01234567"), digits(2)}));
  const RegexId pair =
      pool.cat({d, set("89abAB"), digits(2), pool.literal("\\u"), d, set("cdefCDEF"), digits(2)});
  const RegexId escape = pool.cat(
      pool.literal("\\"), pool.alt(pool.literal("/"), pool.cat(pool.literal("u"), pool.alt(single, pair))));
  const RegexId character = pool.alt(parts_.json.chars(CharSet::all()), escape);
  parts_.family_parts[character] = kAllFamilies;
  return quoted(pool.star(character));
}

RegexId JsonText::boolean() {
  return parts_.pool.alt(parts_.pool.literal("true"), parts_.pool.literal("false"));
}

RegexId JsonText::natural() {
  RegexPool& pool = parts_.pool;
  const RegexId digit = pool.bytes(ByteSet::range('0', '9'));
  return pool.alt(pool.literal("0"),
                  pool.cat(pool.bytes(ByteSet::range('1', '9')), pool.repeat(digit, 0, kMaxDigits - 1)));
}

RegexId JsonText::any_integer() {
  return parts_.pool.cat(parts_.pool.optional(parts_.pool.literal("-")), natural());
}

RegexId JsonText::any_number() {
  RegexPool& pool = parts_.pool;
  const RegexId digit = pool.bytes(ByteSet::range('0', '9'));
  const RegexId fraction = pool.cat(pool.literal("."), pool.repeat(digit, 1, kMaxDigits));
  const RegexId hundreds =
      pool.alt(pool.cat(pool.literal("1"), pool.repeat(digit, 2, 2)),
               pool.cat({pool.literal("2"), pool.bytes(ByteSet::range('0', '5')), digit}));
  ByteSet e = ByteSet::of('e');
  e.insert('E');
  ByteSet sign = ByteSet::of('+');
  sign.insert('-');
  const RegexId exponent = pool.cat(
      {pool.bytes(e), pool.optional(pool.bytes(sign)), pool.alt(pool.repeat(digit, 1, 2), hundreds)});
  return pool.cat({any_integer(), pool.optional(fraction), pool.optional(exponent)});
}

void JsonText::array_of(SymbolId item, uint32_t min, uint32_t max, RuleId rule) {
  RuleSet& rules = parts_.rules;
  if (min == 0) rules.add_alternative(rule, {open_array_, end_empty_array_});
  if (max == 0) return;
  const RuleId next = rules.add_rule("next item");
  rules.add_alternative(next, {comma_, item});
  const uint32_t more = max == RegexPool::kUnbounded ? max : max - 1;
  std::vector<SymbolId> symbols{open_array_, item};
  if (more > 0) symbols.push_back(rules.repeat(rules.rule(next), min == 0 ? 0 : min - 1, more));
  symbols.push_back(close_array_);
  rules.add_alternative(rule, std::move(symbols));
}

// From the innermost out: there, only scalars and empty containers.
void JsonText::make_levels() {
  RegexPool& pool = parts_.pool;
  RuleSet& rules = parts_.rules;
  const RegexId scalar = pool.alt({any_string(), any_number(), boolean(), null()});
  const SymbolId scalar_symbol = rules.terminal(scalar);
  const SymbolId key_symbol = rules.terminal(key(parts_.json.any_text()));
  for (int level = kMaxNesting; level >= 0; --level) {
    const RuleId value = rules.add_rule("value");
    const RuleId object = rules.add_rule("object");
    const RuleId array = rules.add_rule("array");
    rules.add_alternative(object, {open_object_, end_empty_object_});
    if (level == kMaxNesting) {
      rules.add_alternative(array, {open_array_, end_empty_array_});
    } else {
      array_of(top_.value, 0, RegexPool::kUnbounded, array);
      const RuleId next = rules.add_rule("next member");
      rules.add_alternative(next, {comma_, key_symbol, top_.value});
      rules.add_alternative(object,
                            {open_object_, key_symbol, top_.value,
                             rules.repeat(rules.rule(next), 0, RegexPool::kUnbounded), close_object_});
    }
    rules.add_alternative(value, {scalar_symbol});
    rules.add_alternative(value, {rules.rule(array)});
    rules.add_alternative(value, {rules.rule(object)});
    top_ = {rules.rule(value), rules.rule(object)};
  }
  has_levels_ = true;
}

SymbolId JsonText::any_value() {
  if (!has_levels_) make_levels();
  return top_.value;
}

SymbolId JsonText::any_object() {
  if (!has_levels_) make_levels();
  return top_.object;
}

Result<RuleId> compile_json_object(GrammarBuilder& parts, const JsonObjectSource& source) {
  JsonText text(parts, source.compact);
  const RuleId root = parts.rules.add_rule("root");
  parts.rules.add_alternative(root, {text.any_object()});
  return root;
}

}  // namespace ferry
