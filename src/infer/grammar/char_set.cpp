#include "infer/grammar/char_set.h"

#include <algorithm>
#include <array>
#include <map>

#include <utf8proc.h>

namespace ferry {
namespace {

constexpr char32_t kSurrogateFirst = 0xD800;
constexpr char32_t kSurrogateLast = 0xDFFF;

// The part of a set that lies in a block of 64^levels characters, which begins at `base`, as `levels`
// continuation bytes.
RegexId encode_block(RegexPool& pool, const std::vector<CharSet::Range>& ranges, char32_t base, int levels) {
  const char32_t size = char32_t{1} << (6 * levels);
  const char32_t last = base + size - 1;
  const auto from = std::partition_point(ranges.begin(), ranges.end(),
                                         [&](const CharSet::Range& range) { return range.last < base; });
  if (from == ranges.end() || from->first > last) return RegexPool::kNothing;
  const ByteSet continuation = ByteSet::range(0x80, 0xBF);
  if (from->first <= base && from->last >= last) {
    RegexId id = RegexPool::kEmpty;
    for (int i = 0; i < levels; ++i) id = pool.cat(pool.bytes(continuation), id);
    return id;
  }
  std::map<RegexId, ByteSet> leads;  // what follows -> after which bytes
  for (uint8_t i = 0; i < 64; ++i) {
    const RegexId rest = encode_block(pool, ranges, base + i * (size / 64), levels - 1);
    if (rest != RegexPool::kNothing) leads[rest].insert(static_cast<uint8_t>(0x80 + i));
  }
  std::vector<RegexId> branches;
  branches.reserve(leads.size());
  for (const auto& [rest, bytes] : leads) branches.push_back(pool.cat(pool.bytes(bytes), rest));
  return pool.alt(std::move(branches));
}

struct LeadBytes {
  uint8_t first;
  uint8_t last;
  int continuations;
};
constexpr std::array<LeadBytes, 3> kLeadBytes{{{0xC0, 0xDF, 1}, {0xE0, 0xEF, 2}, {0xF0, 0xF4, 3}}};
constexpr std::array<char32_t, 3> kShortest{0x80, 0x800, 0x10000};  // smaller ones would be overlong

struct CategoryName {
  std::string_view long_name;
  std::string_view short_name;
};
constexpr std::array kCategories = std::to_array<CategoryName>({
    {"Letter", "L"},
    {"Uppercase_Letter", "Lu"},
    {"Lowercase_Letter", "Ll"},
    {"Titlecase_Letter", "Lt"},
    {"Modifier_Letter", "Lm"},
    {"Other_Letter", "Lo"},
    {"Mark", "M"},
    {"Nonspacing_Mark", "Mn"},
    {"Spacing_Mark", "Mc"},
    {"Enclosing_Mark", "Me"},
    {"Number", "N"},
    {"Decimal_Number", "Nd"},
    {"digit", "Nd"},
    {"Letter_Number", "Nl"},
    {"Other_Number", "No"},
    {"Punctuation", "P"},
    {"punct", "P"},
    {"Connector_Punctuation", "Pc"},
    {"Dash_Punctuation", "Pd"},
    {"Open_Punctuation", "Ps"},
    {"Close_Punctuation", "Pe"},
    {"Initial_Punctuation", "Pi"},
    {"Final_Punctuation", "Pf"},
    {"Other_Punctuation", "Po"},
    {"Symbol", "S"},
    {"Math_Symbol", "Sm"},
    {"Currency_Symbol", "Sc"},
    {"Modifier_Symbol", "Sk"},
    {"Other_Symbol", "So"},
    {"Separator", "Z"},
    {"Space_Separator", "Zs"},
    {"Line_Separator", "Zl"},
    {"Paragraph_Separator", "Zp"},
    {"Other", "C"},
    {"Control", "Cc"},
    {"Format", "Cf"},
    {"Private_Use", "Co"},
    {"Unassigned", "Cn"},
});

// "Lu" for all characters, one after the other: a table made once.
const std::map<std::string_view, CharSet>& category_table() {
  static const std::map<std::string_view, CharSet> table = [] {
    std::map<std::string_view, std::vector<CharSet::Range>> ranges;
    for (char32_t c = 0; c <= kLastCharacter; ++c) {
      const std::string_view name = utf8proc_category_string(static_cast<utf8proc_int32_t>(c));
      auto& list = ranges[name];
      if (!list.empty() && list.back().last + 1 == c) {
        list.back().last = c;
      } else {
        list.push_back({c, c});
      }
    }
    std::map<std::string_view, CharSet> sets;
    for (const auto& [name, list] : ranges) {
      CharSet set;
      for (const CharSet::Range& range : list) set.add(range.first, range.last);
      sets.emplace(name, std::move(set));
    }
    return sets;
  }();
  return table;
}

}  // namespace

CharSet::CharSet(std::initializer_list<Range> ranges) : ranges_(ranges) {
  normalise();
}

void CharSet::add(char32_t first, char32_t last) {
  const bool in_order = ranges_.empty() || ranges_.back().last + 1 < first;
  ranges_.push_back({first, last});
  if (!in_order || last >= kSurrogateFirst) normalise();
}

void CharSet::add(const CharSet& other) {
  ranges_.insert(ranges_.end(), other.ranges_.begin(), other.ranges_.end());
  normalise();
}

void CharSet::normalise() {
  std::vector<Range> whole;
  for (const Range& range : ranges_) {
    if (range.first < kSurrogateFirst && range.last >= kSurrogateFirst)
      whole.push_back({range.first, kSurrogateFirst - 1});
    if (range.last > kSurrogateLast && range.first <= kSurrogateLast)
      whole.push_back({kSurrogateLast + 1, range.last});
    if (range.last < kSurrogateFirst || range.first > kSurrogateLast) whole.push_back(range);
  }
  std::sort(whole.begin(), whole.end());
  ranges_.clear();
  for (const Range& range : whole) {
    if (!ranges_.empty() && range.first <= ranges_.back().last + 1) {
      ranges_.back().last = std::max(ranges_.back().last, range.last);
    } else {
      ranges_.push_back(range);
    }
  }
}

CharSet CharSet::complement() const {
  CharSet set;
  char32_t next = 0;
  for (const Range& range : ranges_) {
    if (range.first > next) set.ranges_.push_back({next, range.first - 1});
    next = range.last + 1;
  }
  if (next <= kLastCharacter) set.ranges_.push_back({next, kLastCharacter});
  set.normalise();
  return set;
}

CharSet CharSet::operator&(const CharSet& other) const {
  CharSet set;
  auto a = ranges_.begin();
  auto b = other.ranges_.begin();
  while (a != ranges_.end() && b != other.ranges_.end()) {
    const char32_t first = std::max(a->first, b->first);
    const char32_t last = std::min(a->last, b->last);
    if (first <= last) set.ranges_.push_back({first, last});
    if (a->last < b->last) {
      ++a;
    } else {
      ++b;
    }
  }
  return set;
}

bool CharSet::contains(char32_t c) const {
  const auto at = std::partition_point(ranges_.begin(), ranges_.end(),
                                       [&](const Range& range) { return range.last < c; });
  return at != ranges_.end() && at->first <= c;
}

CharSet digit_chars() {
  return {{'0', '9'}};
}

CharSet word_chars() {
  return {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
}

CharSet space_chars() {
  return {{0x09, 0x0D},     {0x20, 0x20},     {0xA0, 0xA0},     {0x1680, 0x1680}, {0x2000, 0x200A},
          {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}, {0xFEFF, 0xFEFF}};
}

CharSet dot_chars() {
  return CharSet{{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}}.complement();
}

Result<CharSet> category_chars(std::string_view name) {
  for (const std::string_view prefix : {"General_Category=", "gc="}) {
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  }
  if (name == "Any") return CharSet::all();
  if (name == "ASCII") return CharSet{{0, 0x7F}};
  for (const CategoryName& category : kCategories) {
    if (name != category.long_name && name != category.short_name) continue;
    CharSet set;
    for (const auto& [key, chars] : category_table()) {
      if (key.starts_with(category.short_name)) set.add(chars);
    }
    return set;
  }
  return fail(ErrorCode::unsupported,
              "\\p{{{}}}: only general categories (L, Lu, Letter, Nd, ...), Any and ASCII are understood",
              name);
}

RegexId encode_utf8(RegexPool& pool, const CharSet& set) {
  const auto& ranges = set.ranges();
  ByteSet ascii;
  for (const CharSet::Range& range : ranges) {
    for (char32_t c = range.first; c <= range.last && c < 0x80; ++c) ascii.insert(static_cast<uint8_t>(c));
  }
  std::vector<RegexId> branches{pool.bytes(ascii)};
  for (size_t i = 0; i < kLeadBytes.size(); ++i) {
    const auto& [first, last, continuations] = kLeadBytes[i];
    const CharSet allowed = set & CharSet{{kShortest[i], kLastCharacter}};
    std::map<RegexId, ByteSet> leads;
    for (int lead = first; lead <= last; ++lead) {
      const char32_t base = static_cast<char32_t>(lead - first) << (6 * continuations);
      const RegexId rest = encode_block(pool, allowed.ranges(), base, continuations);
      if (rest != RegexPool::kNothing) leads[rest].insert(static_cast<uint8_t>(lead));
    }
    for (const auto& [rest, bytes] : leads) branches.push_back(pool.cat(pool.bytes(bytes), rest));
  }
  return pool.alt(std::move(branches));
}

RegexId encode_json_char(RegexPool& pool, const CharSet& set) {
  const CharSet escaped{{0, 0x1F}, {'"', '"'}, {'\\', '\\'}};
  static constexpr std::string_view kShort = "\"\\\b\t\n\f\r";
  static constexpr std::string_view kLetters = "\"\\btnfr";
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::vector<RegexId> branches{encode_utf8(pool, set - escaped)};
  ByteSet letters;
  std::map<char, ByteSet> digits;  // the first digit -> the second ones
  const CharSet to_escape = set & escaped;
  for (const CharSet::Range& range : to_escape.ranges()) {
    for (char32_t c = range.first; c <= range.last; ++c) {
      if (const size_t at = kShort.find(static_cast<char>(c)); at != kShort.npos) {
        letters.insert(static_cast<uint8_t>(kLetters[at]));
      } else {
        digits[kHex[c / 16]].insert(static_cast<uint8_t>(kHex[c % 16]));
      }
    }
  }
  const RegexId backslash = pool.bytes(ByteSet::of('\\'));
  branches.push_back(pool.cat(backslash, pool.bytes(letters)));
  for (const auto& [first, second] : digits) {
    const RegexId prefix = pool.literal(std::string("\\u00") + first);
    branches.push_back(pool.cat(prefix, pool.bytes(second)));
  }
  return pool.alt(std::move(branches));
}

}  // namespace ferry
