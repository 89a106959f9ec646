#include "infer/grammar/regex_syntax.h"

#include <optional>

#include "base/core/utf8.h"

namespace ferry {
namespace {

constexpr int kMaxGroups = 100;  // inside each other
constexpr uint32_t kMaxRepeat = 1'000'000;

using Kind = RegexTree::Kind;

class RegexParser {
 public:
  explicit RegexParser(std::string_view pattern) : pattern_(pattern) {}

  Result<RegexTree> parse() {
    if (!is_valid_utf8(pattern_)) return error(ErrorCode::invalid_argument, "the pattern is not valid UTF-8");
    FERRY_TRY(tree_.root, alternatives(0));
    if (!at_end()) return error(ErrorCode::invalid_argument, "a ) without its (");
    return std::move(tree_);
  }

 private:
  bool at_end() const { return at_ >= pattern_.size(); }
  char peek(size_t ahead = 0) const { return at_ + ahead < pattern_.size() ? pattern_[at_ + ahead] : '\0'; }
  bool take(std::string_view text) {
    if (!pattern_.substr(at_).starts_with(text)) return false;
    at_ += text.size();
    return true;
  }
  char32_t take_char() {
    const Utf8Char c = decode_utf8(pattern_, at_);
    at_ += c.bytes;
    return c.code_point;
  }
  tl::unexpected<Error> error(ErrorCode code, std::string_view what) const {
    return fail(code, "regular expression, at byte {}: {}", at_, what);
  }

  Result<uint32_t> alternatives(int depth) {
    if (depth > kMaxGroups) return error(ErrorCode::resource_exhausted, "groups are nested too deeply");
    std::vector<uint32_t> branches;
    do {
      FERRY_TRY(branches.emplace_back(), sequence(depth));
    } while (take("|"));
    if (branches.size() == 1) return branches[0];
    return tree_.add({.kind = Kind::alt, .children = std::move(branches)});
  }

  Result<uint32_t> sequence(int depth) {
    std::vector<uint32_t> parts;
    while (!at_end() && peek() != '|' && peek() != ')') {
      FERRY_TRY(const uint32_t part, quantified(depth));
      parts.push_back(part);
    }
    if (parts.size() == 1) return parts[0];
    return tree_.add({.kind = Kind::cat, .children = std::move(parts)});
  }

  Result<uint32_t> quantified(int depth) {
    FERRY_TRY(const uint32_t part, atom(depth));
    FERRY_TRY(const auto count, quantifier());
    if (!count) return part;
    FERRY_TRY(const auto another, quantifier());
    if (another) return error(ErrorCode::unsupported, "a quantifier after a quantifier");
    const Kind kind = tree_.nodes[part].kind;
    if (kind == Kind::begin || kind == Kind::end || kind == Kind::ahead || kind == Kind::not_ahead) {
      return error(ErrorCode::unsupported, "an anchor or lookahead cannot be repeated");
    }
    return tree_.add({.kind = Kind::repeat, .min = count->min, .max = count->max, .children = {part}});
  }

  struct Count {
    uint32_t min;
    uint32_t max;
  };
  Result<std::optional<Count>> quantifier() {
    std::optional<Count> count;
    if (take("*")) {
      count = Count{0, RegexPool::kUnbounded};
    } else if (take("+")) {
      count = Count{1, RegexPool::kUnbounded};
    } else if (take("?")) {
      count = Count{0, 1};
    } else if (peek() == '{') {
      FERRY_TRY(count, braces());
    }
    if (!count) return count;
    take("?");  // lazy or not is no difference to which texts match
    if (peek() == '+') return error(ErrorCode::unsupported, "possessive quantifiers are not understood");
    return count;
  }

  // {3}, {3,}, {3,5}, {,5}; anything else is an ordinary brace.
  Result<std::optional<Count>> braces() {
    const size_t start = at_;
    ++at_;
    const auto min = number();
    const bool comma = take(",");
    const auto max = comma ? number() : min;
    if (!take("}") || (!min && !max)) {
      at_ = start;
      return std::nullopt;
    }
    if ((min && *min > kMaxRepeat) || (max && *max > kMaxRepeat)) {
      return error(ErrorCode::resource_exhausted, "repeated too often (more than a million times)");
    }
    const Count count{static_cast<uint32_t>(min.value_or(0)),
                      max ? static_cast<uint32_t>(*max) : RegexPool::kUnbounded};
    if (count.min > count.max) return error(ErrorCode::invalid_argument, "{m,n} with m greater than n");
    return count;
  }

  std::optional<uint64_t> number() {
    std::optional<uint64_t> value;
    while (peek() >= '0' && peek() <= '9') {
      value =
          std::min<uint64_t>(value.value_or(0) * 10 + static_cast<uint64_t>(peek() - '0'), uint64_t{1} << 40);
      ++at_;
    }
    return value;
  }

  Result<uint32_t> atom(int depth) {
    switch (peek()) {
      case '(':
        return group(depth);
      case '[':
        return char_class();
      case '\\':
        return escape();
      case '.':
        ++at_;
        return tree_.add_chars(dot_chars());
      case '^':
        ++at_;
        return tree_.add({.kind = Kind::begin});
      case '$':
        ++at_;
        return tree_.add({.kind = Kind::end});
      case '*':
      case '+':
      case '?':
        return error(ErrorCode::invalid_argument, "a quantifier with nothing to repeat");
      default:
        return tree_.add_chars(CharSet::of(take_char()));
    }
  }

  Result<uint32_t> group(int depth) {
    ++at_;
    std::optional<Kind> look;
    if (take("?:")) {
    } else if (take("?=")) {
      look = Kind::ahead;
    } else if (take("?!")) {
      look = Kind::not_ahead;
    } else if (pattern_.substr(at_).starts_with("?<=") || pattern_.substr(at_).starts_with("?<!")) {
      return error(ErrorCode::unsupported, "lookbehind is not understood");
    } else if (take("?<") || take("?P<")) {
      const size_t end = pattern_.find('>', at_);
      if (end == pattern_.npos) return error(ErrorCode::invalid_argument, "a group's name without its >");
      at_ = end + 1;
    } else if (peek() == '?') {
      return error(ErrorCode::unsupported, "this kind of group is not understood");
    }
    FERRY_TRY(const uint32_t inner, alternatives(depth + 1));
    if (!take(")")) return error(ErrorCode::invalid_argument, "a ( without its )");
    if (look) return tree_.add({.kind = *look, .children = {inner}});
    return inner;
  }

  Result<uint32_t> escape() {
    if (take("\\A")) return tree_.add({.kind = Kind::begin});
    if (take("\\z") || take("\\Z")) return tree_.add({.kind = Kind::end});
    if (peek(1) == 'b' || peek(1) == 'B')
      return error(ErrorCode::unsupported, "word boundaries are not understood");
    if ((peek(1) >= '1' && peek(1) <= '9') || peek(1) == 'k') {
      return error(ErrorCode::unsupported, "back references are not regular");
    }
    FERRY_TRY(CharSet set, escaped_chars());
    return tree_.add_chars(std::move(set));
  }

  // After a backslash, inside and outside of a class.
  Result<CharSet> escaped_chars() {
    ++at_;
    if (at_end()) return error(ErrorCode::invalid_argument, "a backslash at the end");
    switch (peek()) {
      case 'd':
        return ++at_, digit_chars();
      case 'D':
        return ++at_, digit_chars().complement();
      case 'w':
        return ++at_, word_chars();
      case 'W':
        return ++at_, word_chars().complement();
      case 's':
        return ++at_, space_chars();
      case 'S':
        return ++at_, space_chars().complement();
      case 'p':
      case 'P':
        return property();
      default: {
        FERRY_TRY(const char32_t c, escaped_char());
        return CharSet::of(c);
      }
    }
  }

  Result<CharSet> property() {
    const bool negated = peek() == 'P';
    ++at_;
    std::string_view name = pattern_.substr(at_, 1);
    if (take("{")) {
      const size_t end = pattern_.find('}', at_);
      if (end == pattern_.npos) return error(ErrorCode::invalid_argument, "\\p{ without its }");
      name = pattern_.substr(at_, end - at_);
      at_ = end + 1;
    } else {
      at_ += name.size();
    }
    FERRY_TRY(const CharSet set, category_chars(name));
    return negated ? set.complement() : set;
  }

  Result<char32_t> escaped_char() {
    const char c = peek();
    switch (c) {
      case 't':
        return ++at_, U'\t';
      case 'n':
        return ++at_, U'\n';
      case 'r':
        return ++at_, U'\r';
      case 'f':
        return ++at_, U'\f';
      case 'v':
        return ++at_, U'\v';
      case '0':
        if (peek(1) >= '0' && peek(1) <= '9')
          return error(ErrorCode::unsupported, "octal escapes are not understood");
        return ++at_, U'\0';
      case 'c':
        return control_char();
      case 'x':
        ++at_;
        return take("{") ? braced_hex() : hex(2);
      case 'u':
        ++at_;
        return take("{") ? braced_hex() : utf16_escape();
      default:
        break;
    }
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter) return error(ErrorCode::unsupported, "this escape is not understood");
    return take_char();
  }

  Result<char32_t> control_char() {
    ++at_;
    const char letter = peek();
    const bool valid = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
    if (!valid) return error(ErrorCode::invalid_argument, "\\c needs a letter");
    ++at_;
    return static_cast<char32_t>(letter % 32);
  }

  static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  }

  Result<char32_t> hex(int digits) {
    char32_t value = 0;
    for (int i = 0; i < digits; ++i, ++at_) {
      const int digit = hex_digit(peek());
      if (digit < 0) return error(ErrorCode::invalid_argument, "too few hexadecimal digits");
      value = value * 16 + static_cast<char32_t>(digit);
    }
    return value;
  }

  Result<char32_t> braced_hex() {
    char32_t value = 0;
    bool any = false;
    for (; hex_digit(peek()) >= 0; ++at_) {
      any = true;
      value = std::min<char32_t>(value * 16 + static_cast<char32_t>(hex_digit(peek())), kLastCharacter + 1);
    }
    if (!any || !take("}"))
      return error(ErrorCode::invalid_argument, "a { that needs hexadecimal digits and a }");
    return scalar(value);
  }

  Result<char32_t> utf16_escape() {
    FERRY_TRY(const char32_t high, hex(4));
    if (high < 0xD800 || high > 0xDBFF || !take("\\u")) return scalar(high);
    FERRY_TRY(const char32_t low, hex(4));
    if (low < 0xDC00 || low > 0xDFFF) return scalar(high);
    return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
  }

  Result<char32_t> scalar(char32_t c) {
    if (c > kLastCharacter || (c >= 0xD800 && c <= 0xDFFF)) {
      return error(ErrorCode::invalid_argument, "this is no Unicode character");
    }
    return c;
  }

  Result<uint32_t> char_class() {
    ++at_;
    const bool negated = take("^");
    CharSet set;
    while (peek() != ']' || at_end()) {
      if (at_end()) return error(ErrorCode::invalid_argument, "a [ without its ]");
      FERRY_TRY_VOID(class_member(set));
    }
    ++at_;
    return tree_.add_chars(negated ? set.complement() : std::move(set));
  }

  // A character, an escape, or a range. A dash beside a class such as \d is itself.
  Result<void> class_member(CharSet& set) {
    FERRY_TRY(const CharSet first, class_chars());
    const bool range = peek() == '-' && peek(1) != ']' && at_ + 1 < pattern_.size() && is_single(first);
    if (!range) {
      set.add(first);
      return {};
    }
    ++at_;
    FERRY_TRY(const CharSet last, class_chars());
    if (!is_single(last)) {
      set.add(first);
      set.add('-', '-');
      set.add(last);
      return {};
    }
    const char32_t from = first.ranges()[0].first;
    const char32_t to = last.ranges()[0].first;
    if (from > to) return error(ErrorCode::invalid_argument, "a range whose end comes before its beginning");
    CharSet between;
    between.add(from, to);
    set.add(between);
    return {};
  }

  static bool is_single(const CharSet& set) {
    return set.ranges().size() == 1 && set.ranges()[0].first == set.ranges()[0].last;
  }

  Result<CharSet> class_chars() {
    if (peek() != '\\') return CharSet::of(take_char());
    if (take("\\b")) return CharSet::of('\b');
    return escaped_chars();
  }

  std::string_view pattern_;
  size_t at_ = 0;
  RegexTree tree_;
};

}  // namespace

Result<RegexTree> parse_regex(std::string_view pattern) {
  return RegexParser(pattern).parse();
}

}  // namespace ferry
