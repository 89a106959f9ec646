// Oniguruma's syntax on PCRE2. What differs between the two in patterns of tokenizers is rewritten: the
// shorthand classes \s \w \d \h and their opposites, and intervals with a plus. Set operations inside classes
// (&&) are refused.

#define PCRE2_CODE_UNIT_WIDTH 8
#include <optional>
#include <vector>

#include <pcre2.h>

#include "infer/tokenizer/char_class.h"
#include "infer/tokenizer/matcher.h"

namespace ferry {
namespace {

constexpr size_t kMaxPatternBytes = 64 << 10;
// Against patterns that backtrack for ever: what is left of the text then counts as unmatched.
constexpr uint32_t kMatchLimit = 2'000'000;
constexpr size_t kJitStackBytes = 1 << 20;

struct Shorthand {
  char letter;
  const char* members;
};
// Unicode as Oniguruma counts it: \w has marks, connectors and Latin-1's fractions and superscripts, \s is
// White_Space, \h is a hexadecimal digit.
constexpr Shorthand kShorthands[] = {
    {'s',
     R"(\x{9}-\x{d}\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})"},
    {'w', R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{b2}\x{b3}\x{b9}\x{bc}-\x{be})"},
    {'d', R"(\p{Nd})"},
    {'h', "0-9a-fA-F"},
};

// The same shorthand negated has the capital letter.
std::optional<std::string> shorthand(char letter, bool in_class) {
  for (const Shorthand& s : kShorthands) {
    if (letter == s.letter) return in_class ? std::string(s.members) : fmt::format("[{}]", s.members);
    if (letter == s.letter - 'a' + 'A' && !in_class) return fmt::format("[^{}]", s.members);
  }
  return std::nullopt;
}

class Translator {
 public:
  explicit Translator(std::string_view pattern) : pattern_(pattern) {}

  Result<std::string> run() {
    while (at_ < pattern_.size()) {
      FERRY_TRY_VOID(depth_ > 0 ? class_item() : item());
    }
    return std::move(out_);
  }

 private:
  char next(size_t ahead = 0) const { return at_ + ahead < pattern_.size() ? pattern_[at_ + ahead] : '\0'; }
  void copy(size_t n) {
    out_.append(pattern_.substr(at_, n));
    at_ += n;
  }

  Result<void> item() {
    if (next() == '\\') return escape(false);
    if (next() == '[') {
      open_class();
      return {};
    }
    if (next() == '}' && next(1) == '+') {
      return fail(ErrorCode::unsupported, "an interval followed by '+' is not supported in pattern '{}'",
                  pattern_);
    }
    copy(1);
    return {};
  }

  Result<void> class_item() {
    if (next() == '\\') return escape(true);
    if (next() == '&' && next(1) == '&') {
      return fail(ErrorCode::unsupported, "set intersection (&&) is not supported in pattern '{}'", pattern_);
    }
    if (next() == '[' && next(1) == ':') {
      const size_t end = pattern_.find(":]", at_ + 2);
      if (end != std::string_view::npos) {
        copy(end + 2 - at_);
        return {};
      }
    }
    if (next() == '[') {
      return fail(ErrorCode::unsupported, "a class inside a class is not supported in pattern '{}'",
                  pattern_);
    }
    if (next() == ']') --depth_;
    copy(1);
    return {};
  }

  // "[", "[^", and a "]" that comes first and stands for itself.
  void open_class() {
    ++depth_;
    copy(next(1) == '^' ? 2 : 1);
    if (next() == ']') {
      out_ += '\\';
      copy(1);
    }
  }

  Result<void> escape(bool in_class) {
    if (const auto replacement = shorthand(next(1), in_class)) {
      out_ += *replacement;
      at_ += 2;
      return {};
    }
    if (in_class && std::string_view("SWDH").find(next(1)) != std::string_view::npos && next(1) != '\0') {
      return fail(ErrorCode::unsupported, "\\{} inside a class is not supported in pattern '{}'", next(1),
                  pattern_);
    }
    // \p{N}+ is no interval.
    const size_t close = next(2) == '{' ? pattern_.find('}', at_) : std::string_view::npos;
    copy(close == std::string_view::npos ? 2 : close + 1 - at_);
    return {};
  }

  std::string_view pattern_;
  size_t at_ = 0;
  int depth_ = 0;
  std::string out_;
};

template <auto free_function>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    free_function(object);
  }
};
using Code = std::unique_ptr<pcre2_code, Freer<pcre2_code_free>>;

// What a thread needs for matching; made once, as the JIT's stack is large.
struct MatchSpace {
  std::unique_ptr<pcre2_match_data, Freer<pcre2_match_data_free>> data{pcre2_match_data_create(1, nullptr)};
  std::unique_ptr<pcre2_match_context, Freer<pcre2_match_context_free>> context{
      pcre2_match_context_create(nullptr)};
  std::unique_ptr<pcre2_jit_stack, Freer<pcre2_jit_stack_free>> stack{
      pcre2_jit_stack_create(32 << 10, kJitStackBytes, nullptr)};

  MatchSpace() {
    FERRY_CHECK(data && context && stack);
    pcre2_set_match_limit(context.get(), kMatchLimit);
    pcre2_jit_stack_assign(context.get(), nullptr, stack.get());
  }
};

class RegexMatcher : public Matcher {
 public:
  explicit RegexMatcher(Code code) : code_(std::move(code)) {}

  void find(std::string_view text, Sink match) const override {
    thread_local const MatchSpace space;
    const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
    const size_t* bounds = pcre2_get_ovector_pointer(space.data.get());
    size_t last_end = SIZE_MAX;
    for (size_t at = 0; at <= text.size();) {
      const int rc = pcre2_match(code_.get(), subject, text.size(), at, PCRE2_NO_UTF_CHECK, space.data.get(),
                                 space.context.get());
      if (rc < 0) return;  // no more matches, or the limit
      const size_t begin = bounds[0];
      const size_t end = bounds[1];
      if (begin < at || end < begin) return;  // what \K in a lookaround can do
      const bool empty_after_match = begin == end && end == last_end;
      if (!empty_after_match) match(begin, end);
      at = end;
      last_end = end;
      if (empty_after_match) at += at < text.size() ? char_at(text, at).bytes : 1;
    }
  }

 private:
  Code code_;
};

}  // namespace

Result<std::unique_ptr<Matcher>> pcre_matcher(std::string_view pattern) {
  if (pattern.size() > kMaxPatternBytes) {
    return fail(ErrorCode::unsupported, "a pattern of {} bytes, more than the {} supported", pattern.size(),
                kMaxPatternBytes);
  }
  FERRY_TRY(const std::string translated, Translator(pattern).run());
  int error = 0;
  size_t offset = 0;
  Code code(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()), translated.size(),
                          PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, &error, &offset,
                          nullptr));
  if (!code) {
    char message[256] = {};
    pcre2_get_error_message(error, reinterpret_cast<PCRE2_UCHAR*>(message), sizeof(message));
    return fail(ErrorCode::unsupported, "pattern '{}': {} (at byte {} of '{}')", pattern, message, offset,
                translated);
  }
  pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE);  // where it fails, matching is interpreted
  return std::make_unique<RegexMatcher>(std::move(code));
}

}  // namespace ferry
