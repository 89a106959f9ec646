#include "infer/grammar/gbnf_syntax.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/core/utf8.h"

namespace ferry {
namespace {

constexpr int kMaxGroups = 100;  // inside each other
constexpr uint32_t kMaxRepeat = 1'000'000;

using Kind = GbnfTree::Kind;

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

class GbnfParser {
 public:
  explicit GbnfParser(std::string_view text) : text_(text) {}

  Result<GbnfTree> parse() {
    if (!is_valid_utf8(text_)) return fail(ErrorCode::invalid_argument, "GBNF: not valid UTF-8");
    skip_space(true);
    while (at_ < text_.size()) {
      FERRY_TRY_VOID(definition());
      skip_space(true);
    }
    for (const GbnfTree::Rule& rule : tree_.rules) {
      if (!rule.defined)
        return fail(ErrorCode::invalid_argument, "GBNF: the rule \"{}\" is not defined", rule.name);
    }
    const auto root = names_.find("root");
    if (root == names_.end()) return fail(ErrorCode::invalid_argument, "GBNF: there must be a rule \"root\"");
    tree_.root = root->second;
    return std::move(tree_);
  }

 private:
  char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool take(std::string_view what) {
    if (!text_.substr(at_).starts_with(what)) return false;
    at_ += what.size();
    return true;
  }
  char32_t take_char() {
    const Utf8Char c = decode_utf8(text_, at_);
    at_ += c.bytes;
    return c.code_point;
  }
  tl::unexpected<Error> error(std::string_view what, ErrorCode code = ErrorCode::invalid_argument) const {
    const std::string_view before = text_.substr(0, at_);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const size_t column = at_ - (before.rfind('\n') == before.npos ? 0 : before.rfind('\n') + 1) + 1;
    return fail(code, "GBNF, line {}, column {}: {}", line, column, what);
  }

  // Blanks and comments; line ends too, where the rule goes on.
  void skip_space(bool lines) {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '#') {
        at_ = std::min(text_.find_first_of("\r\n", at_), text_.size()) - 1;
      } else if (c != ' ' && c != '\t' && (!lines || (c != '\n' && c != '\r'))) {
        return;
      }
    }
  }

  std::string_view name() {
    const size_t begin = at_;
    while (is_name_char(peek())) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  uint32_t rule_of(std::string_view name) {
    const auto [at, is_new] = names_.emplace(name, static_cast<uint32_t>(tree_.rules.size()));
    if (is_new) tree_.rules.push_back({.name = std::string(name)});
    return at->second;
  }

  uint32_t add(GbnfTree::Node node) {
    tree_.nodes.push_back(std::move(node));
    return static_cast<uint32_t>(tree_.nodes.size() - 1);
  }

  Result<void> definition() {
    const std::string_view rule_name = name();
    if (rule_name.empty()) return error("expected the name of a rule");
    skip_space(false);
    if (!take("::=")) return error("expected ::= after the name of a rule");
    const uint32_t rule = rule_of(rule_name);
    if (tree_.rules[rule].defined) return error(fmt::format("the rule \"{}\" is defined twice", rule_name));
    skip_space(true);
    FERRY_TRY(const uint32_t body, alternatives(0));
    tree_.rules[rule].body = body;
    tree_.rules[rule].defined = true;
    if (at_ < text_.size() && peek() != '\n' && peek() != '\r') return error("expected the end of the line");
    return {};
  }

  // The next sign is |, perhaps on another line.
  bool another() {
    const size_t here = at_;
    skip_space(true);
    if (take("|")) return true;
    at_ = here;
    return false;
  }

  Result<uint32_t> alternatives(int depth) {
    if (depth > kMaxGroups) return error("groups are nested too deeply", ErrorCode::resource_exhausted);
    std::vector<uint32_t> branches;
    do {
      skip_space(!branches.empty());
      FERRY_TRY(const uint32_t branch, sequence(depth));
      branches.push_back(branch);
    } while (another());
    if (branches.size() == 1) return branches[0];
    return add({.kind = Kind::alt, .children = std::move(branches)});
  }

  Result<uint32_t> sequence(int depth) {
    std::vector<uint32_t> parts;
    for (;;) {
      skip_space(depth > 0);
      FERRY_TRY(std::optional<uint32_t> part, element(depth));
      if (!part) break;
      FERRY_TRY(const uint32_t whole, repeated(*part));
      parts.push_back(whole);
    }
    if (parts.size() == 1) return parts[0];
    return add({.kind = Kind::cat, .children = std::move(parts)});
  }

  // Nothing at the end of a sequence.
  Result<std::optional<uint32_t>> element(int depth) {
    const char c = peek();
    if (c == '"') return text();
    if (c == '[') return char_class();
    if (c == '<' || c == '!') return error("tokens (<...>) are not supported", ErrorCode::unsupported);
    if (take(".")) return add({.kind = Kind::chars, .chars = CharSet::all()});
    if (take("(")) {
      FERRY_TRY(const uint32_t inner, alternatives(depth + 1));
      skip_space(true);
      if (!take(")")) return error("expected )");
      return inner;
    }
    if (is_name_char(c)) return add({.kind = Kind::rule, .rule = rule_of(name())});
    return std::nullopt;
  }

  Result<uint32_t> repeated(uint32_t part) {
    for (bool first = true;; first = false) {
      uint32_t min = 0;
      uint32_t max = RegexPool::kUnbounded;
      if (take("*")) {
      } else if (take("+")) {
        min = 1;
      } else if (take("?")) {
        max = 1;
      } else if (take("{")) {
        FERRY_TRY_VOID(bounds(min, max));
      } else {
        return part;
      }
      if (!first) return error("a repetition of a repetition: use parentheses");
      part = add({.kind = Kind::repeat, .min = min, .max = max, .children = {part}});
    }
  }

  // {m}, {m,}, {m,n}, {,n}
  Result<void> bounds(uint32_t& min, uint32_t& max) {
    const auto least = number();
    const bool comma = take(",");
    const auto most = comma ? number() : least;
    if (!take("}") || (!least && !most)) return error("expected {m}, {m,}, {,n} or {m,n}");
    if (least.value_or(0) > kMaxRepeat || most.value_or(0) > kMaxRepeat) {
      return error("repeated too often (more than a million times)", ErrorCode::resource_exhausted);
    }
    min = static_cast<uint32_t>(least.value_or(0));
    max = most ? static_cast<uint32_t>(*most) : RegexPool::kUnbounded;
    if (min > max) return error("{m,n} with m greater than n");
    return {};
  }

  std::optional<uint64_t> number() {
    skip_space(false);
    std::optional<uint64_t> value;
    for (; peek() >= '0' && peek() <= '9'; ++at_) {
      value =
          std::min<uint64_t>(value.value_or(0) * 10 + static_cast<uint64_t>(peek() - '0'), uint64_t{1} << 40);
    }
    skip_space(false);
    return value;
  }

  Result<std::optional<uint32_t>> text() {
    ++at_;
    std::string content;
    while (!take("\"")) {
      if (at_ >= text_.size() || peek() == '\n') return error("a \" without its end");
      FERRY_TRY(const char32_t c, character());
      append_utf8(content, c);
    }
    return add({.kind = Kind::text, .text = std::move(content)});
  }

  Result<std::optional<uint32_t>> char_class() {
    ++at_;
    const bool negated = take("^");
    CharSet set;
    while (!take("]")) {
      if (at_ >= text_.size()) return error("a [ without its ]");
      FERRY_TRY(const char32_t first, character());
      char32_t last = first;
      if (peek() == '-' && peek(1) != ']' && at_ + 1 < text_.size()) {
        ++at_;
        FERRY_TRY(last, character());
      }
      if (last < first) return error("a range whose end comes before its beginning");
      set.add(first, last);
    }
    return add({.kind = Kind::chars, .chars = negated ? set.complement() : std::move(set)});
  }

  Result<char32_t> character() {
    if (!take("\\")) return take_char();
    const char c = peek();
    ++at_;
    switch (c) {
      case 'n':
        return U'\n';
      case 'r':
        return U'\r';
      case 't':
        return U'\t';
      case 'x':
        return hex(2);
      case 'u':
        return hex(4);
      case 'U':
        return hex(8);
      case '\\':
      case '"':
      case '[':
      case ']':
      case '-':
      case '^':
      case '/':
      case '\'':
        return static_cast<char32_t>(c);
      default:
        --at_;
        return error("this escape is not understood");
    }
  }

  Result<char32_t> hex(int digits) {
    char32_t value = 0;
    for (int i = 0; i < digits; ++i, ++at_) {
      const int digit = hex_digit(peek());
      if (digit < 0) return error("too few hexadecimal digits");
      value = value * 16 + static_cast<char32_t>(digit);
    }
    if (value > kLastCharacter || (value >= 0xD800 && value <= 0xDFFF))
      return error("this is no Unicode character");
    return value;
  }

  std::string_view text_;
  size_t at_ = 0;
  GbnfTree tree_;
  std::map<std::string, uint32_t, std::less<>> names_;
};

}  // namespace

Result<GbnfTree> parse_gbnf(std::string_view text) {
  return GbnfParser(text).parse();
}

}  // namespace ferry
