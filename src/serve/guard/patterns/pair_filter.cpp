#include "serve/guard/patterns/pair_filter.h"

#include <algorithm>
#include <bit>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "serve/guard/characters.h"

namespace ferry {
namespace {

bool in_word(unsigned char byte) {
  return is_alnum(byte);
}

bool within_word(std::string_view text, size_t at) {
  return at > 0 && in_word(static_cast<unsigned char>(text[at - 1])) &&
         in_word(static_cast<unsigned char>(text[at]));
}

#if defined(__x86_64__)

constexpr size_t kBlock = 16;

// A byte is of a word (an ASCII letter or digit) where low[byte & 15] & high[byte >> 4] is not 0: a bit for
// digits, one for each half of the alphabet.
alignas(16) constexpr std::array<uint8_t, 16> kWordLow{5, 7, 7, 7, 7, 7, 7, 7, 7, 7, 6, 2, 2, 2, 2, 2};
alignas(16) constexpr std::array<uint8_t, 16> kWordHigh{0, 0, 0, 1, 2, 4, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0};

__attribute__((target("ssse3"))) __m128i table(const std::array<uint8_t, 16>& bytes) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data()));
}

__attribute__((target("ssse3"))) __m128i look_up(__m128i block, __m128i low, __m128i high) {
  const __m128i nibble = _mm_set1_epi8(15);
  const __m128i of_low = _mm_shuffle_epi8(low, _mm_and_si128(block, nibble));
  const __m128i of_high = _mm_shuffle_epi8(high, _mm_and_si128(_mm_srli_epi16(block, 4), nibble));
  return _mm_and_si128(of_low, of_high);
}

__attribute__((target("ssse3"))) unsigned where_any(__m128i bits) {
  return 0xFFFFU & ~static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bits, _mm_setzero_si128())));
}

#endif

}  // namespace

PairFilter::PairFilter() {
  for (auto& bits : pairs_) bits.assign(65536 / 64, 0);
}

void PairFilter::add(uint8_t first, uint8_t second, bool within_words) {
  const unsigned pair = first | static_cast<unsigned>(second) << 8;
  pairs_[1][pair / 64] |= uint64_t{1} << pair % 64;
  if (!within_words) return;
  pairs_[0][pair / 64] |= uint64_t{1} << pair % 64;
  any_within_words_ = true;
}

void PairFilter::finish() {
  // Neighbours in the alphabet share a bucket: the halves of bytes then tell the most apart.
  std::array<bool, 256> begins{};
  for (unsigned pair = 0; pair < 65536; ++pair) {
    if ((pairs_[1][pair / 64] >> pair % 64 & 1) != 0) begins[pair & 255] = true;
  }
  const auto count = static_cast<unsigned>(std::count(begins.begin(), begins.end(), true));
  unsigned rank = 0;
  for (unsigned first = 0; first < 256; ++first) {
    if (!begins[first]) continue;
    const auto bucket = static_cast<uint8_t>(1U << (rank++ * 8 / std::max(count, 8U)));
    first_.add(static_cast<uint8_t>(first), bucket);
    for (unsigned second = 0; second < 256; ++second) {
      const unsigned pair = first | second << 8;
      if ((pairs_[1][pair / 64] >> pair % 64 & 1) != 0) second_.add(static_cast<uint8_t>(second), bucket);
    }
  }
}

size_t PairFilter::next(std::string_view text, size_t from) const {
  if (from + 1 >= text.size()) return from;
#if defined(__x86_64__)
  static const bool kHasShuffle = __builtin_cpu_supports("ssse3") != 0;
  if (kHasShuffle) return next_by_blocks(text, from);
#endif
  return next_slowly(text, from, text.size() - 1);
}

size_t PairFilter::next_slowly(std::string_view text, size_t from, size_t end) const {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  for (size_t at = from; at < end; ++at) {
    if (may_begin(bytes + at, within_word(text, at))) return at;
  }
  return end;
}

#if defined(__x86_64__)

__attribute__((target("ssse3"))) size_t PairFilter::next_by_blocks(std::string_view text, size_t from) const {
  const size_t end = text.size() - 1;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  const __m128i first_low = table(first_.low), first_high = table(first_.high);
  const __m128i second_low = table(second_.low), second_high = table(second_.high);
  const __m128i word_low = table(kWordLow), word_high = table(kWordHigh);
  size_t at = from;
  unsigned word_before = at > 0 && in_word(bytes[at - 1]) ? 1 : 0;
  for (; at + kBlock < text.size(); at += kBlock) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + at));
    const __m128i after = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + at + 1));
    unsigned places = where_any(
        _mm_and_si128(look_up(block, first_low, first_high), look_up(after, second_low, second_high)));
    const unsigned words = where_any(look_up(block, word_low, word_high));
    const unsigned within = words & (words << 1 | word_before);
    if (!any_within_words_) places &= ~within;
    word_before = words >> (kBlock - 1) & 1;
    for (; places != 0; places &= places - 1) {
      const int i = std::countr_zero(places);
      if (may_begin(bytes + at + i, (within >> i & 1) != 0)) return at + static_cast<size_t>(i);
    }
  }
  return next_slowly(text, at, end);
}

#endif

}  // namespace ferry
