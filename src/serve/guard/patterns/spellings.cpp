#include "serve/guard/patterns/spellings.h"

#include <algorithm>
#include <memory>

#include <utf8proc.h>

#include "base/core/utf8.h"

namespace ferry {
namespace {

std::string utf8(char32_t c) {
  std::string bytes;
  append_utf8(bytes, c);
  return bytes;
}

std::string mapped(std::string_view text, int options) {
  utf8proc_uint8_t* result = nullptr;
  const utf8proc_ssize_t size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                             static_cast<utf8proc_ssize_t>(text.size()), &result,
                                             static_cast<utf8proc_option_t>(options | UTF8PROC_STABLE));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(result, &std::free);
  if (size < 0) return std::string(text);
  return {reinterpret_cast<const char*>(result), static_cast<size_t>(size)};
}

bool is_space(char32_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r') ||
         utf8proc_category(static_cast<utf8proc_int32_t>(c)) == UTF8PROC_CATEGORY_ZS;
}

const NameCharacter& space() {
  static const NameCharacter kSpace{{" ", "\t", "\n", "\r", "\xC2\xA0", "\xE2\x80\xAF"}, 4};
  return kSpace;
}

// Signs that are one to a reader.
const std::vector<std::u32string>& alike() {
  static const std::vector<std::u32string> kAlike{U"'\u2019\u2018\u02BC", U"-\u2010\u2011"};
  return kAlike;
}

void add_forms(std::vector<std::string>& out, std::string_view text) {
  out.emplace_back(text);
  out.push_back(mapped(text, UTF8PROC_DECOMPOSE));
  out.push_back(mapped(text, UTF8PROC_COMPOSE));
}

// "ss" also as "SS", "Ss" and "sS".
void add_folded(std::vector<std::string>& out, const std::string& folded) {
  add_forms(out, folded);
  if (folded.size() > 4 ||
      !std::all_of(folded.begin(), folded.end(), [](char c) { return c >= 'a' && c <= 'z'; }))
    return;
  for (unsigned capitals = 0; capitals < 1U << folded.size(); ++capitals) {
    std::string text = folded;
    for (size_t i = 0; i < text.size(); ++i) {
      if ((capitals >> i & 1) != 0) text[i] = static_cast<char>(text[i] - 32);
    }
    out.push_back(std::move(text));
  }
}

NameCharacter spelt(char32_t c) {
  NameCharacter character;
  for (const std::u32string& group : alike()) {
    if (group.find(c) == group.npos) continue;
    for (const char32_t sign : group) character.spellings.push_back(utf8(sign));
    return character;
  }
  const auto code = static_cast<utf8proc_int32_t>(c);
  for (const auto other : {code, utf8proc_tolower(code), utf8proc_toupper(code), utf8proc_totitle(code)})
    add_forms(character.spellings, utf8(static_cast<char32_t>(other)));
  add_folded(character.spellings, mapped(utf8(c), UTF8PROC_CASEFOLD));
  if (c == 0xDF)
    character.spellings.push_back(utf8(0x1E9E));  // the capital sharp s, which has no simple pair
  std::sort(character.spellings.begin(), character.spellings.end());
  const auto last = std::unique(character.spellings.begin(), character.spellings.end());
  character.spellings.erase(last, character.spellings.end());
  return character;
}

}  // namespace

std::vector<NameCharacter> name_characters(std::string_view name) {
  const std::string composed = mapped(name, UTF8PROC_COMPOSE);
  std::vector<NameCharacter> characters;
  bool after_space = false;
  for (size_t at = 0; at < composed.size();) {
    const Utf8Char c = decode_utf8(composed, at);
    at += c.bytes;
    if (is_space(c.code_point)) {
      after_space = !characters.empty();
      continue;
    }
    if (after_space) characters.push_back(space());
    after_space = false;
    characters.push_back(spelt(c.code_point));
  }
  return characters;
}

}  // namespace ferry
