#include "serve/guard/patterns/regex_syntax.h"

#include <algorithm>
#include <optional>

#include <utf8proc.h>

#include "base/core/utf8.h"

namespace ferry {
namespace {

constexpr char32_t kLastCharacter = 0x10FFFF;

using Set = std::vector<CharRange>;

Set complement(const Set& set) {
  Set out;
  char32_t next = 0;
  for (const auto& [first, last] : set) {
    if (first > next) out.emplace_back(next, first - 1);
    next = last + 1;
  }
  if (next <= kLastCharacter) out.emplace_back(next, kLastCharacter);
  return normalise(std::move(out));
}

void add_other_cases(Set& set) {
  Set more;
  for (const auto& [first, last] : set) {
    const char32_t a = std::max(first, U'a');
    const char32_t z = std::min(last, U'z');
    if (a <= z) more.emplace_back(a - 32, z - 32);
    const char32_t capital_a = std::max(first, U'A');
    const char32_t capital_z = std::min(last, U'Z');
    if (capital_a <= capital_z) more.emplace_back(capital_a + 32, capital_z + 32);
    if (first != last) continue;
    const auto c = static_cast<utf8proc_int32_t>(first);
    for (const auto other : {utf8proc_tolower(c), utf8proc_toupper(c)})
      more.emplace_back(static_cast<char32_t>(other), static_cast<char32_t>(other));
  }
  set.insert(set.end(), more.begin(), more.end());
}

std::optional<Set> class_of(char letter) {
  switch (letter) {
    case 'd':
      return Set{{'0', '9'}};
    case 'w':
      return Set{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
    case 's':
      return Set{{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}};
    case 'D':
    case 'W':
    case 'S':
      return complement(*class_of(static_cast<char>(letter + 32)));
    default:
      return std::nullopt;
  }
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<PatternTree> parse() {
    if (text_.size() > kMaxRegexBytes)
      return fail(ErrorCode::invalid_argument, "is longer than {} bytes", kMaxRegexBytes);
    if (!is_valid_utf8(text_)) return fail(ErrorCode::invalid_argument, "is not UTF-8");
    if (text_.starts_with("(?i)")) {
      ignore_case_ = true;
      at_ = 4;
    }
    FERRY_TRY(tree_.root, choice(0));
    if (!done()) return error("an unmatched )");
    return std::move(tree_);
  }

 private:
  bool done() const { return at_ >= text_.size(); }
  char peek() const { return done() ? '\0' : text_[at_]; }
  bool take(std::string_view what) {
    if (!text_.substr(at_).starts_with(what)) return false;
    at_ += what.size();
    return true;
  }
  tl::unexpected<Error> error(std::string_view what) const {
    return fail(ErrorCode::invalid_argument, "has {} at byte {}", what, at_);
  }
  int add(PatternNode node) {
    tree_.nodes.push_back(std::move(node));
    return static_cast<int>(tree_.nodes.size()) - 1;
  }
  int add_set(Set set) {
    if (ignore_case_) add_other_cases(set);
    return add({.kind = PatternNode::Kind::set, .set = normalise(std::move(set))});
  }

  Result<int> choice(int depth) {
    if (depth > kMaxRegexDepth) return error("groups nested too deep");
    PatternNode node{.kind = PatternNode::Kind::choice};
    do {
      FERRY_TRY(const int branch, sequence(depth));
      node.children.push_back(branch);
    } while (take("|"));
    if (node.children.size() == 1) return node.children[0];
    return add(std::move(node));
  }

  Result<int> sequence(int depth) {
    PatternNode node{.kind = PatternNode::Kind::sequence};
    while (!done() && peek() != '|' && peek() != ')') {
      FERRY_TRY(const int one, atom(depth));
      FERRY_TRY(const int times, repeated(one));
      node.children.push_back(times);
    }
    return add(std::move(node));
  }

  Result<int> repeated(int child) {
    int least = 0;
    int most = 0;
    if (take("*")) {
      most = -1;
    } else if (take("+")) {
      least = 1;
      most = -1;
    } else if (take("?")) {
      most = 1;
    } else if (peek() == '{') {
      FERRY_TRY_VOID(counts(least, most));
    } else {
      return child;
    }
    if (peek() == '?' || peek() == '+')
      return error("a lazy or possessive repeat (a match is always the longest)");
    if (peek() == '*' || peek() == '{') return error("a repeat of a repeat; put a group between them");
    return add({.kind = PatternNode::Kind::repeat, .children = {child}, .least = least, .most = most});
  }

  Result<void> counts(int& least, int& most) {
    ++at_;
    FERRY_TRY(least, count());
    most = least;
    if (take(",")) {
      most = -1;
      if (peek() != '}') {
        FERRY_TRY(most, count());
      }
    }
    if (!take("}")) return error("{ without }; a brace itself is \\{");
    if (most >= 0 && most < least) return error("a repeat whose limits are the wrong way round");
    return {};
  }

  Result<int> count() {
    int value = 0;
    const size_t begin = at_;
    for (; peek() >= '0' && peek() <= '9'; ++at_) {
      value = value * 10 + (peek() - '0');
      if (value > kMaxRepeat) return error("a repeat over 1000");
    }
    if (at_ == begin) return error("{ without a number; a brace itself is \\{");
    return value;
  }

  Result<int> atom(int depth) {
    switch (peek()) {
      case '(':
        return group(depth);
      case '[':
        return bracket();
      case '\\':
        return escaped();
      case '.':
        ++at_;
        return add({.kind = PatternNode::Kind::set, .set = complement({{'\n', '\n'}})});
      case '^':
      case '$':
        return error("^ or $; use whole_word for borders, or \\^ and \\$");
      case '*':
      case '+':
      case '?':
      case '{':
        return error("a repeat of nothing");
      default:
        return add_set(single(next_character()));
    }
  }

  Result<int> group(int depth) {
    ++at_;
    if (peek() == '?' && !take("?:"))
      return error("(? of another kind than (?: (look-around, names and flags are not supported)");
    FERRY_TRY(const int inner, choice(depth + 1));
    if (!take(")")) return error("( without )");
    return inner;
  }

  Result<int> escaped() {
    if (at_ + 1 < text_.size()) {
      if (auto set = class_of(text_[at_ + 1])) {
        at_ += 2;
        return add({.kind = PatternNode::Kind::set, .set = normalise(*std::move(set))});
      }
    }
    FERRY_TRY(const char32_t c, escape());
    return add_set(single(c));
  }

  // Behind a backslash that stands for one character.
  Result<char32_t> escape() {
    ++at_;
    if (done()) return error("a \\ without anything behind it");
    const char letter = text_[at_];
    constexpr std::string_view kNames = "tnrfv";
    constexpr std::string_view kValues = "\t\n\r\f\v";
    if (const size_t place = kNames.find(letter); place != kNames.npos) {
      ++at_;
      return static_cast<char32_t>(kValues[place]);
    }
    if (letter == 'x') return hexadecimal();
    const bool alnum = (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
                       (letter >= 'A' && letter <= 'Z');
    if (alnum) {
      if (letter == 'b') return error("\\b; use whole_word for borders");
      return error("an escape that is not supported");
    }
    return next_character();
  }

  Result<char32_t> hexadecimal() {
    ++at_;
    const bool braces = take("{");
    char32_t value = 0;
    size_t digits = 0;
    for (; digits < (braces ? 6U : 2U); ++digits, ++at_) {
      const char c = static_cast<char>(peek() | 0x20);
      const bool decimal = peek() >= '0' && peek() <= '9';
      if (!decimal && (c < 'a' || c > 'f')) break;
      value = value * 16 + static_cast<char32_t>(decimal ? peek() - '0' : c - 'a' + 10);
    }
    const bool closed = !braces || take("}");
    if (digits == 0 || (!braces && digits != 2) || !closed || value > kLastCharacter ||
        (value >= 0xD800 && value <= 0xDFFF))
      return error("\\x without a character's number");
    return value;
  }

  Result<int> bracket() {
    ++at_;
    const bool negated = take("^");
    Set set;
    for (bool first = true; first || peek() != ']'; first = false) {
      if (done()) return error("[ without ]");
      if (peek() == '[' && at_ + 1 < text_.size() && text_[at_ + 1] == ':')
        return error("[: :] (write the range itself)");
      FERRY_TRY_VOID(bracket_item(set));
    }
    ++at_;
    if (ignore_case_) add_other_cases(set);
    set = normalise(std::move(set));
    if (negated) set = complement(set);
    if (set.empty()) return error("a set of nothing before");
    return add({.kind = PatternNode::Kind::set, .set = std::move(set)});
  }

  Result<void> bracket_item(Set& set) {
    if (peek() == '\\' && at_ + 1 < text_.size()) {
      if (auto named = class_of(text_[at_ + 1])) {
        at_ += 2;
        set.insert(set.end(), named->begin(), named->end());
        return {};
      }
    }
    FERRY_TRY(const char32_t first, bracket_character());
    char32_t last = first;
    if (peek() == '-' && at_ + 1 < text_.size() && text_[at_ + 1] != ']') {
      ++at_;
      FERRY_TRY(last, bracket_character());
    }
    if (last < first) return error("a range the wrong way round");
    set.emplace_back(first, last);
    return {};
  }

  Result<char32_t> bracket_character() {
    if (done()) return error("[ without ]");
    if (peek() == '\\') return escape();
    return next_character();
  }

  static Set single(char32_t c) { return {{c, c}}; }

  char32_t next_character() {
    const Utf8Char c = decode_utf8(text_, at_);
    at_ += c.bytes;
    return c.code_point;
  }

  std::string_view text_;
  size_t at_ = 0;
  bool ignore_case_ = false;
  PatternTree tree_;
};

}  // namespace

std::vector<CharRange> normalise(std::vector<CharRange> ranges) {
  std::vector<CharRange> apart;  // of the surrogates
  for (const auto& [first, last] : ranges) {
    if (first <= 0xD7FF) apart.emplace_back(first, std::min<char32_t>(last, 0xD7FF));
    if (last >= 0xE000) apart.emplace_back(std::max<char32_t>(first, 0xE000), last);
  }
  std::sort(apart.begin(), apart.end());
  std::vector<CharRange> joined;
  for (const CharRange& range : apart) {
    if (!joined.empty() && range.first <= joined.back().second + 1) {
      joined.back().second = std::max(joined.back().second, range.second);
    } else {
      joined.push_back(range);
    }
  }
  return joined;
}

Result<PatternTree> parse_pattern(std::string_view pattern) {
  return Parser(pattern).parse();
}

}  // namespace ferry
