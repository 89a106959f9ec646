#include "infer/tokenizer/normalizer.h"

#include <utf8proc.h>

#include "base/core/utf8.h"
#include "infer/tokenizer/char_class.h"

namespace ferry {

void Rewriter::keep(size_t bytes) {
  const size_t new_at = text_.text.size();
  text_.text.append(old_, at_, bytes);
  for (; next_mark_ < text_.marks.size() && text_.marks[next_mark_] < at_ + bytes; ++next_mark_) {
    text_.marks[next_mark_] = new_at + (text_.marks[next_mark_] - at_);
  }
  at_ += bytes;
}

void Rewriter::replace(size_t bytes, std::string_view with) {
  const size_t new_begin = text_.text.size();
  text_.text.append(with);
  for (; next_mark_ < text_.marks.size() && text_.marks[next_mark_] < at_ + bytes; ++next_mark_) {
    text_.marks[next_mark_] = text_.marks[next_mark_] == at_ ? new_begin : text_.text.size();
  }
  at_ += bytes;
}

void Rewriter::finish() {
  for (; next_mark_ < text_.marks.size(); ++next_mark_) text_.marks[next_mark_] = text_.text.size();
}

namespace {

// Replaces each character c by what rewrite(c, out) appends to the empty string `out`; false keeps it.
template <class Rewrite>
class CharacterStep : public NormalizerStep {
 public:
  explicit CharacterStep(Rewrite rewrite) : rewrite_(rewrite) {}

  void run(MarkedText& text) const override {
    Rewriter rewriter(text);
    std::string with;
    size_t unchanged = 0;  // bytes not yet kept
    const auto keep_unchanged = [&] { rewriter.keep(std::exchange(unchanged, 0)); };
    for (size_t at = 0; at < rewriter.old().size();) {
      const CharAt c = char_at(rewriter.old(), at);
      at += c.bytes;
      with.clear();
      if (!rewrite_(c.code_point, with)) {
        unchanged += c.bytes;
        continue;
      }
      keep_unchanged();
      rewriter.replace(c.bytes, with);
    }
    keep_unchanged();
    rewriter.finish();
  }

 private:
  Rewrite rewrite_;
};

template <class Rewrite>
std::unique_ptr<NormalizerStep> character_step(Rewrite rewrite) {
  return std::make_unique<CharacterStep<Rewrite>>(rewrite);
}

bool has_class(char32_t c, uint8_t classes) {
  return (char_class(c) & classes) != 0;
}

class StripStep : public NormalizerStep {
 public:
  StripStep(bool left, bool right) : left_(left), right_(right) {}

  void run(MarkedText& text) const override {
    size_t begin = 0;
    size_t end = text.text.size();
    while (left_ && begin < end && space_at(text.text, begin)) begin += char_at(text.text, begin).bytes;
    while (right_ && end > begin && space_at(text.text, end - bytes_before(text.text, end))) {
      end -= bytes_before(text.text, end);
    }
    if (begin == 0 && end == text.text.size()) return;
    Rewriter rewriter(text);
    rewriter.replace(begin, "");
    rewriter.keep(end - begin);
    rewriter.replace(rewriter.old().size() - end, "");
    rewriter.finish();
  }

 private:
  static bool space_at(std::string_view text, size_t at) {
    return has_class(char_at(text, at).code_point, kSpace);
  }

  bool left_;
  bool right_;
};

class PrependStep : public NormalizerStep {
 public:
  explicit PrependStep(std::string prefix) : prefix_(std::move(prefix)) {}

  void run(MarkedText& text) const override {
    if (text.text.empty() || text.continues) return;
    Rewriter rewriter(text);
    rewriter.insert(prefix_);
    rewriter.keep_rest();
    rewriter.finish();
  }

 private:
  std::string prefix_;
};

class ReplaceStep : public NormalizerStep {
 public:
  ReplaceStep(std::unique_ptr<Matcher> matcher, std::string content)
      : matcher_(std::move(matcher)), content_(std::move(content)) {}

  void run(MarkedText& text) const override {
    Rewriter rewriter(text);
    matcher_->find(rewriter.old(), [&](size_t begin, size_t end) {
      rewriter.keep(begin - rewriter.at());
      rewriter.replace(end - begin, content_);
    });
    rewriter.keep_rest();
    rewriter.finish();
  }

 private:
  std::unique_ptr<Matcher> matcher_;
  std::string content_;
};

// The reference's ranges; U+2B820 to U+2B91F are missing in them.
bool is_cjk_ideograph(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
         (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

// Control characters go (U+000B and U+0085 among them), other white space becomes a space.
bool clean(char32_t c, std::string& out) {
  const bool line_or_tab = c == '\t' || c == '\n' || c == '\r';
  if (!line_or_tab && (c == 0 || c == 0xFFFD || has_class(c, kOther))) return true;
  if (!has_class(c, kSpace)) return false;
  out += ' ';
  return true;
}

bool set_apart_ideographs(char32_t c, std::string& out) {
  if (!is_cjk_ideograph(c)) return false;
  out += ' ';
  append_utf8(out, c);
  out += ' ';
  return true;
}

// Unicode's full mapping, character by character; the only one that makes two of one is U+0130.
bool lower(char32_t c, std::string& out) {
  if (c == 0x130) {
    out += "i\xCC\x87";
    return true;
  }
  const auto lowered = static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
  if (lowered == c) return false;
  append_utf8(out, lowered);
  return true;
}

}  // namespace

std::unique_ptr<NormalizerStep> lowercase_step() {
  return character_step(lower);
}

std::unique_ptr<NormalizerStep> strip_step(bool left, bool right) {
  return std::make_unique<StripStep>(left, right);
}

std::unique_ptr<NormalizerStep> strip_accents_step() {
  return character_step([](char32_t c, std::string&) { return has_class(c, kMark); });
}

std::unique_ptr<NormalizerStep> prepend_step(std::string prefix) {
  return std::make_unique<PrependStep>(std::move(prefix));
}

std::unique_ptr<NormalizerStep> replace_step(std::unique_ptr<Matcher> matcher, std::string content) {
  return std::make_unique<ReplaceStep>(std::move(matcher), std::move(content));
}

void append_bert_steps(Normalizer& steps, const BertNormalizerOptions& options) {
  if (options.clean_text) steps.push_back(character_step(clean));
  if (options.handle_chinese_chars) steps.push_back(character_step(set_apart_ideographs));
  if (options.strip_accents) {
    steps.push_back(unicode_step(UnicodeForm::nfd));
    steps.push_back(character_step([](char32_t c, std::string&) { return has_class(c, kNonspacingMark); }));
  }
  if (options.lowercase) steps.push_back(lowercase_step());
}

}  // namespace ferry
