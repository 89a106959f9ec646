#include "infer/pages/prefix_index.h"

#include <algorithm>

#include "base/core/result.h"
#include "base/core/rng.h"

namespace ferry {

PrefixIndex::PrefixIndex(int32_t pages, int32_t page_tokens, int hash_bits)
    : page_tokens_(page_tokens),
      hash_mask_(~uint64_t{0} >> (64 - hash_bits)),
      nodes_(static_cast<size_t>(pages)),
      tokens_(nodes_.size() * static_cast<size_t>(page_tokens)) {}

uint64_t PrefixIndex::hash(std::string_view salt) const {
  uint64_t hash = 0xCBF29CE484222325u;  // FNV-1a
  for (const char byte : salt) hash = (hash ^ static_cast<uint8_t>(byte)) * 0x100000001B3u;
  return hash & hash_mask_;
}

uint64_t PrefixIndex::hash(uint64_t parent, std::span<const TokenId> tokens) const {
  uint64_t hash = parent;
  for (const TokenId token : tokens) hash = Rng(hash ^ static_cast<uint32_t>(token)).next();
  return hash & hash_mask_;
}

std::span<const TokenId> PrefixIndex::tokens(PageId page) const {
  const auto width = static_cast<size_t>(page_tokens_);
  return std::span(tokens_).subspan(static_cast<size_t>(page) * width, width);
}

bool PrefixIndex::matches(PageId page, const PageKey& key) const {
  const Node& known = node(page);
  if (known.parent != key.parent || !std::ranges::equal(tokens(page), key.tokens)) return false;
  return key.parent != kNoPage || *known.salt == *key.salt;
}

PageId PrefixIndex::find(const PageKey& key) const {
  const auto found = by_hash_.find(key.hash);
  return found != by_hash_.end() && matches(found->second, key) ? found->second : kNoPage;
}

bool PrefixIndex::insert(PageId page, const PageKey& key) {
  FERRY_CHECK(!contains(page) && static_cast<int32_t>(key.tokens.size()) == page_tokens_);
  FERRY_CHECK(key.parent == kNoPage || contains(key.parent));
  if (!by_hash_.try_emplace(key.hash, page).second) return false;
  node(page) = {true, key.parent, 0, key.hash, key.parent == kNoPage ? key.salt : nullptr};
  std::ranges::copy(key.tokens, tokens_.begin() + std::ptrdiff_t{page} * page_tokens_);
  if (key.parent != kNoPage) ++node(key.parent).children;
  return true;
}

void PrefixIndex::erase(PageId page) {
  const Node& gone = node(page);
  // A child left behind would be found again under whatever the parent's number stands for next.
  FERRY_CHECK(gone.indexed && gone.children == 0);
  if (gone.parent != kNoPage) --node(gone.parent).children;
  by_hash_.erase(gone.hash);
  node(page) = {};
}

}  // namespace ferry
