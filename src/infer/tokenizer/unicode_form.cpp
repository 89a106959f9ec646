// The normal forms of Unicode. Most text is normalised already, so only what may change is looked at: a
// stretch around each character that is not inert.

#include <algorithm>
#include <bitset>

#include <utf8proc.h>

#include "base/core/utf8.h"
#include "infer/tokenizer/char_class.h"
#include "infer/tokenizer/normalizer.h"

namespace ferry {
namespace {

constexpr char32_t kTableSize = 0x10000;
constexpr uint16_t kNoComposition = UINT16_MAX;
constexpr uint16_t kSecondOfPair =
    0x8000;  // in utf8proc's comb_index: the character composes with one before

bool composes(UnicodeForm form) {
  return form == UnicodeForm::nfc || form == UnicodeForm::nfkc;
}

bool is_compatible(UnicodeForm form) {
  return form == UnicodeForm::nfkc || form == UnicodeForm::nfkd;
}

uint8_t combining_class(char32_t c) {
  return static_cast<uint8_t>(utf8proc_get_property(static_cast<utf8proc_int32_t>(c))->combining_class);
}

void append_decomposed(std::vector<utf8proc_int32_t>& out, char32_t c, UnicodeForm form) {
  constexpr int kLongest = 18;  // U+FDFA's compatibility decomposition
  utf8proc_int32_t buffer[kLongest];
  int boundary = 0;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_STABLE |
                                                      (is_compatible(form) ? UTF8PROC_COMPAT : 0));
  const auto n =
      utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), buffer, kLongest, options, &boundary);
  FERRY_CHECK(n >= 0 && n <= kLongest);
  out.insert(out.end(), buffer, buffer + n);
}

// Marks in the order of their classes, between starters. utf8proc's own sort is quadratic.
void reorder(std::vector<utf8proc_int32_t>& text) {
  for (size_t begin = 0; begin < text.size();) {
    size_t end = begin;
    while (end < text.size() && combining_class(text[end]) != 0) ++end;
    std::stable_sort(text.begin() + begin, text.begin() + end,
                     [](auto a, auto b) { return combining_class(a) < combining_class(b); });
    begin = end + 1;
  }
}

void normalize(std::vector<utf8proc_int32_t>& text, UnicodeForm form) {
  reorder(text);
  if (!composes(form)) return;
  const auto n = utf8proc_normalize_utf32(text.data(), static_cast<utf8proc_ssize_t>(text.size()),
                                          static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
  text.resize(static_cast<size_t>(n));
}

// Neither changes by itself nor takes part in what its neighbours become, but as the first of a pair.
bool is_inert(char32_t c, UnicodeForm form) {
  if (c < 0x80) return true;
  const utf8proc_property_t* property = utf8proc_get_property(static_cast<utf8proc_int32_t>(c));
  if (property->combining_class != 0) return false;
  const bool second_of_pair = property->comb_index != kNoComposition && property->comb_index >= kSecondOfPair;
  const bool second_jamo = c >= 0x1161 && c <= 0x11C2;
  if (composes(form) && (second_of_pair || second_jamo)) return false;
  std::vector<utf8proc_int32_t> text;
  append_decomposed(text, c, form);
  normalize(text, form);
  return text.size() == 1 && static_cast<char32_t>(text[0]) == c;
}

struct InertTable {
  explicit InertTable(UnicodeForm form) {
    for (char32_t c = 0; c < kTableSize; ++c) inert[c] = is_inert(c, form);
  }
  std::bitset<kTableSize> inert;
};

const InertTable& inert_table(UnicodeForm form) {
  switch (form) {
    case UnicodeForm::nfc: {
      static const InertTable table(UnicodeForm::nfc);
      return table;
    }
    case UnicodeForm::nfd: {
      static const InertTable table(UnicodeForm::nfd);
      return table;
    }
    case UnicodeForm::nfkc: {
      static const InertTable table(UnicodeForm::nfkc);
      return table;
    }
    default: {
      static const InertTable table(UnicodeForm::nfkd);
      return table;
    }
  }
}

class UnicodeStep : public NormalizerStep {
 public:
  explicit UnicodeStep(UnicodeForm form) : form_(form), table_(inert_table(form)) {}

  void run(MarkedText& text) const override {
    size_t begin = 0;  // of the last inert character: the stretch starts there
    size_t at = next_active(text.text, 0, begin);
    if (at == text.text.size()) return;
    Rewriter rewriter(text);
    const std::string& old = rewriter.old();
    while (at < old.size()) {
      size_t end = at;
      while (end < old.size() && !inert(char_at(old, end).code_point)) end += char_at(old, end).bytes;
      rewriter.keep(begin - rewriter.at());
      rewriter.replace(end - begin, normalized(std::string_view(old).substr(begin, end - begin)));
      begin = end;
      at = next_active(old, end, begin);
    }
    rewriter.keep_rest();
    rewriter.finish();
  }

 private:
  bool inert(char32_t c) const { return c < kTableSize ? table_.inert[c] : is_inert(c, form_); }

  // The next character that is not inert, and the inert one before it (or `from`).
  size_t next_active(std::string_view text, size_t from, size_t& before) const {
    before = from;
    for (size_t at = from; at < text.size();) {
      const CharAt c = char_at(text, at);
      if (!inert(c.code_point)) return at;
      before = at;
      at += c.bytes;
    }
    return text.size();
  }

  std::string normalized(std::string_view text) const {
    std::vector<utf8proc_int32_t> code_points;
    for (size_t at = 0; at < text.size(); at += char_at(text, at).bytes) {
      append_decomposed(code_points, char_at(text, at).code_point, form_);
    }
    normalize(code_points, form_);
    std::string out;
    for (const auto c : code_points) append_utf8(out, static_cast<char32_t>(c));
    return out;
  }

  UnicodeForm form_;
  const InertTable& table_;
};

}  // namespace

std::unique_ptr<NormalizerStep> unicode_step(UnicodeForm form) {
  return std::make_unique<UnicodeStep>(form);
}

}  // namespace ferry
