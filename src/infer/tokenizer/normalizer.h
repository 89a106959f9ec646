#pragma once
// Rewrites text before it is split: the "normalizer" of tokenizer.json, a list of steps.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "infer/tokenizer/matcher.h"

namespace ferry {

// Text on its way through the steps, and places in it that move along (borders of pieces). A mark inside of
// what a step replaces as a whole moves to the end of the replacement.
struct MarkedText {
  std::string text;           // valid UTF-8
  std::vector<size_t> marks;  // ascending byte offsets, at most text.size()
  bool continues = false;     // goes on where another text ends: nothing is put before it
};

// Immutable; any thread may use it.
class NormalizerStep {
 public:
  virtual ~NormalizerStep() = default;
  virtual void run(MarkedText& text) const = 0;
};

using Normalizer = std::vector<std::unique_ptr<NormalizerStep>>;

// Builds the new text from left to right over the old one.
class Rewriter {
 public:
  explicit Rewriter(MarkedText& text) : text_(text), old_(std::move(text.text)) {
    text_.text.clear();
    text_.text.reserve(old_.size());
  }

  const std::string& old() const { return old_; }
  size_t at() const { return at_; }
  bool done() const { return at_ == old_.size(); }

  void insert(std::string_view with) { text_.text.append(with); }
  void keep(size_t bytes);
  void replace(size_t bytes, std::string_view with);
  void keep_rest() { keep(old_.size() - at_); }
  // Call it once, when everything is kept or replaced.
  void finish();

 private:
  MarkedText& text_;
  std::string old_;
  size_t at_ = 0;
  size_t next_mark_ = 0;
};

std::unique_ptr<NormalizerStep> lowercase_step();
std::unique_ptr<NormalizerStep> strip_step(bool left, bool right);
std::unique_ptr<NormalizerStep> strip_accents_step();  // removes all marks
std::unique_ptr<NormalizerStep> prepend_step(std::string prefix);
std::unique_ptr<NormalizerStep> replace_step(std::unique_ptr<Matcher> matcher, std::string content);

// BERT's cleaning, in the order of its fields. strip_accents decomposes and removes nonspacing marks.
struct BertNormalizerOptions {
  bool clean_text = true;
  bool handle_chinese_chars = true;
  bool strip_accents = true;
  bool lowercase = true;
};
void append_bert_steps(Normalizer& steps, const BertNormalizerOptions& options);

enum class UnicodeForm { nfc, nfd, nfkc, nfkd };
std::unique_ptr<NormalizerStep> unicode_step(UnicodeForm form);

}  // namespace ferry
