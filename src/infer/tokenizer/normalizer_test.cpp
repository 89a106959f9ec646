#include "infer/tokenizer/normalizer.h"

#include <gtest/gtest.h>
#include <utf8proc.h>

#include "base/core/utf8.h"
#include "infer/tokenizer/test_text.h"

namespace ferry {
namespace {

MarkedText normalized(const NormalizerStep& step, std::string text, std::vector<size_t> marks = {}) {
  MarkedText marked{std::move(text), std::move(marks)};
  step.run(marked);
  return marked;
}

using Marks = std::vector<size_t>;

TEST(Normalizer, MarksMoveWithTheText) {
  const auto prepend = normalized(*prepend_step("__"), "abc", {0, 1, 3});
  EXPECT_EQ(prepend.text, "__abc");
  EXPECT_EQ(prepend.marks, (Marks{2, 3, 5}));
  const auto replace = normalized(*replace_step(literal_matcher("bb"), "x"), "abba", {1, 2, 3, 4});
  EXPECT_EQ(replace.text, "axa");
  EXPECT_EQ(replace.marks, (Marks{1, 2, 2, 3}));
  const auto strip = normalized(*strip_step(true, true), "  a ", {0, 1, 2, 3, 4});
  EXPECT_EQ(strip.text, "a");
  EXPECT_EQ(strip.marks, (Marks{0, 0, 0, 1, 1}));
  const auto nfc = normalized(*unicode_step(UnicodeForm::nfc), "xe\xCC\x81y", {1, 2, 4, 5});
  EXPECT_EQ(nfc.text, "x\xC3\xA9y");
  EXPECT_EQ(nfc.marks, (Marks{1, 3, 3, 4}));
}

std::string by_utf8proc(const std::string& text, utf8proc_option_t options) {
  utf8proc_uint8_t* out = nullptr;
  const auto n = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                              static_cast<utf8proc_ssize_t>(text.size()), &out, options);
  EXPECT_GE(n, 0);
  std::string result(reinterpret_cast<const char*>(out), static_cast<size_t>(n));
  std::free(out);
  return result;
}

// Letters, composed and not, Hangul in all states, and marks of several classes in any order.
std::string random_marked_text(Rng& rng) {
  static constexpr char32_t kCharacters[] = {'a',     'e',     ' ',     0xE9,   0x301,  0x323,  0x307,
                                             0x345,   0x1E9B,  0x1100,  0x1161, 0x11A8, 0xAC00, 0xAC01,
                                             0xFB01,  0x9C7,   0x9BE,   0x212B, 0x4E2D, 0xFDFA, 0x1D15E,
                                             0x2FA1D, 0x110B9, 0x110BA, 0x958,  0x93C};
  std::string text;
  for (uint64_t n = rng.below(20); n > 0; --n)
    append_utf8(text, kCharacters[rng.below(std::size(kCharacters))]);
  return text;
}

TEST(UnicodeForm, StretchesEqualTheWholeText) {
  const auto stable = [](int options) { return static_cast<utf8proc_option_t>(options | UTF8PROC_STABLE); };
  const std::pair<UnicodeForm, utf8proc_option_t> forms[] = {
      {UnicodeForm::nfc, stable(UTF8PROC_COMPOSE)},
      {UnicodeForm::nfd, stable(UTF8PROC_DECOMPOSE)},
      {UnicodeForm::nfkc, stable(UTF8PROC_COMPOSE | UTF8PROC_COMPAT)},
      {UnicodeForm::nfkd, stable(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT)}};
  Rng rng(5);
  for (int i = 0; i < 3000; ++i) {
    const std::string text = random_marked_text(rng);
    for (const auto& [form, options] : forms) {
      ASSERT_EQ(normalized(*unicode_step(form), text).text, by_utf8proc(text, options)) << text;
    }
  }
}

TEST(UnicodeForm, ManyMarksTakeNoQuadraticTime) {
  std::string text = "a";
  for (int i = 0; i < 200'000; ++i) text += "\xCC\x81\xCC\xA3";  // U+0301 of class 230, U+0323 of class 220
  const std::string out = normalized(*unicode_step(UnicodeForm::nfd), text).text;
  EXPECT_EQ(out.substr(0, 5), "a\xCC\xA3\xCC\xA3");
  EXPECT_EQ(out.size(), text.size());
}

TEST(Normalizer, LowercasesCharacterByCharacter) {
  EXPECT_EQ(normalized(*lowercase_step(),
                       "\xC4\xB0\xCE\xA3\xC3\x84"
                       "A")
                .text,
            "i\xCC\x87\xCF\x83\xC3\xA4"
            "a");
}

}  // namespace
}  // namespace ferry
