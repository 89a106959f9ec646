#include "infer/tokenizer/matcher.h"

#include "infer/tokenizer/char_class.h"
#include "infer/tokenizer/word_pattern.h"

namespace ferry {
namespace {

class LiteralMatcher : public Matcher {
 public:
  explicit LiteralMatcher(std::string literal) : literal_(std::move(literal)) {}

  void find(std::string_view text, Sink match) const override {
    if (literal_.empty()) return;
    for (size_t at = text.find(literal_); at != text.npos; at = text.find(literal_, at + literal_.size())) {
      match(at, at + literal_.size());
    }
  }

 private:
  std::string literal_;
};

template <class Wanted>
class CharacterMatcher : public Matcher {
 public:
  explicit CharacterMatcher(Wanted wanted) : wanted_(wanted) {}

  void find(std::string_view text, Sink match) const override {
    for (size_t at = 0; at < text.size();) {
      const CharAt c = char_at(text, at);
      if (wanted_(c.code_point)) match(at, at + c.bytes);
      at += c.bytes;
    }
  }

 private:
  Wanted wanted_;
};

class WordMatcher : public Matcher {
 public:
  explicit WordMatcher(WordPattern pattern) : pattern_(pattern) {}

  void find(std::string_view text, Sink match) const override {
    for (size_t at = 0; at < text.size();) {
      const size_t end = pattern_.match_end(text, at);
      match(at, end);
      at = end;
    }
  }

 private:
  WordPattern pattern_;
};

}  // namespace

std::unique_ptr<Matcher> literal_matcher(std::string literal) {
  return std::make_unique<LiteralMatcher>(std::move(literal));
}

std::unique_ptr<Matcher> class_matcher(uint8_t classes) {
  const auto wanted = [classes](char32_t c) { return (char_class(c) & classes) != 0; };
  return std::make_unique<CharacterMatcher<decltype(wanted)>>(wanted);
}

Result<std::unique_ptr<Matcher>> regex_matcher(std::string_view pattern) {
  if (pattern == R"(\p{N})") return class_matcher(kNumber);
  if (const auto known = WordPattern::of(pattern)) return std::make_unique<WordMatcher>(*known);
  return pcre_matcher(pattern);
}

}  // namespace ferry
