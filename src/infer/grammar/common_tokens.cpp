#include "infer/grammar/common_tokens.h"

#include <algorithm>
#include <optional>

#include "base/core/utf8.h"

namespace ferry {
namespace {

constexpr uint32_t kMostChars = 24;  // of the tokens in masks of their own; few are longer

std::optional<uint32_t> count_common(const CharSet& characters, std::string_view bytes) {
  uint32_t chars = 0;
  for (size_t at = 0; at < bytes.size(); ++chars) {
    const Utf8Char c = decode_utf8(bytes, at);
    if (!c.valid || !characters.contains(c.code_point)) return std::nullopt;
    at += c.bytes;
  }
  return chars;
}

}  // namespace

CommonTokens CommonTokens::build(const CharSet& characters, const std::vector<TokenTrie::Entry>& entries,
                                 int32_t tokens) {
  CommonTokens common;
  common.up_to_.assign(kMostChars + 1, TokenMask(tokens));
  common.all_.resize(tokens);
  std::vector<TokenTrie::Entry> others;
  for (const TokenTrie::Entry& entry : entries) {
    const auto chars = count_common(characters, entry.bytes);
    if (!chars) {
      others.push_back(entry);
      continue;
    }
    common.all_.insert(entry.token);
    if (*chars > kMostChars) common.longer_.push_back({*chars, entry.token});
    for (uint32_t n = *chars; n <= kMostChars; ++n) common.up_to_[n].insert(entry.token);
  }
  std::sort(common.longer_.begin(), common.longer_.end(),
            [](const Long& a, const Long& b) { return a.chars < b.chars; });
  common.others_ = TokenTrie::build(std::move(others));
  return common;
}

void CommonTokens::add_to(TokenMask& mask, uint32_t max_chars) const {
  if (!longer_.empty() && max_chars >= longer_.back().chars) {
    mask |= all_;
    return;
  }
  mask |= up_to_[std::min(max_chars, kMostChars)];
  for (const Long& token : longer_) {
    if (token.chars > max_chars) break;
    mask.insert(token.token);
  }
}

}  // namespace ferry
