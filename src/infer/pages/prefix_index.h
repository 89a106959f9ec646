#pragma once
// Which page holds the keys and values of which tokens after which tokens: how a prompt finds the part of it
// that has been computed before.
//
// Only whole pages are indexed. A page is known by its parent (the page before it in the sequence), by its
// own tokens, and, where it is a sequence's first, by the sequence's salt; so an indexed page stands for the
// whole chain of tokens from position 0. The hash of that chain only finds candidates: every find compares
// parent, tokens and salt themselves, so two chains with one hash can never get each other's page.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ferry {

using PageId = int32_t;
using TokenId = int32_t;

inline constexpr PageId kNoPage = -1;

// Chains of different salts never meet. Shared, since many sequences carry the same one.
using Salt = std::shared_ptr<const std::string>;

// What a page holds, by whoever asks for it.
struct PageKey {
  uint64_t hash = 0;                // PrefixIndex::hash of everything up to the page's last token
  PageId parent = kNoPage;          // indexed itself; kNoPage: the page is the chain's first
  std::span<const TokenId> tokens;  // [page_tokens]
  const Salt& salt;                 // not null
};

// Used by one thread (the engine's).
class PrefixIndex {
 public:
  // Fewer hash_bits are for tests, which want to see collisions.
  PrefixIndex(int32_t pages, int32_t page_tokens, int hash_bits = 64);

  // The hash of an empty chain, and of a chain with more tokens.
  uint64_t hash(std::string_view salt) const;
  uint64_t hash(uint64_t parent, std::span<const TokenId> tokens) const;

  // The page that holds exactly this, or kNoPage.
  PageId find(const PageKey& key) const;

  // From now on `page` is found by `key`. False, with nothing done, when another chain has the same hash:
  // that one stays. REQUIRES: find(key) == kNoPage; `page` is not indexed, its parent is.
  bool insert(PageId page, const PageKey& key);

  // REQUIRES: `page` is indexed and no indexed page continues it.
  void erase(PageId page);

  bool contains(PageId page) const { return node(page).indexed; }
  PageId parent(PageId page) const { return node(page).parent; }
  const Salt& salt(PageId page) const { return node(page).salt; }
  std::span<const TokenId> tokens(PageId page) const;
  size_t size() const { return by_hash_.size(); }

 private:
  struct Node {
    bool indexed = false;
    PageId parent = kNoPage;
    int32_t children = 0;
    uint64_t hash = 0;
    Salt salt;  // of a chain's first page; null for the others, which their parents tell apart
  };
  const Node& node(PageId page) const { return nodes_[static_cast<size_t>(page)]; }
  Node& node(PageId page) { return nodes_[static_cast<size_t>(page)]; }
  bool matches(PageId page, const PageKey& key) const;

  int32_t page_tokens_;
  uint64_t hash_mask_;
  std::vector<Node> nodes_;      // [pages]
  std::vector<TokenId> tokens_;  // [pages, page_tokens]
  std::unordered_map<uint64_t, PageId> by_hash_;
};

}  // namespace ferry
