#pragma once
// Who holds which page of the KV cache: numbers only, no tensor.
//
// A page holds page_tokens positions of one sequence, or of several that begin with the same tokens. A page
// is
//   held    by one or more sequences;
//   cached  by nobody, but indexed: a later sequence may find it (prefix_index.h); or
//   free.
// A page that is needed comes from the free ones first, then from the cached ones, least recently used first.
// Used by one thread (the engine's).

#include <cstdint>
#include <vector>

#include "infer/pages/prefix_index.h"

namespace ferry {

class PagePool {
 public:
  PagePool(int32_t pages, int32_t page_tokens, int hash_bits = 64);  // prefix_index.h

  int32_t page_tokens() const { return page_tokens_; }
  int32_t capacity() const { return static_cast<int32_t>(pages_.size()); }
  int32_t cached() const { return cached_; }
  // That take() could give: free and cached.
  int32_t available() const { return static_cast<int32_t>(free_.size()) + cached_; }
  int32_t holders(PageId page) const { return at(page).holders; }
  int32_t pages_for(int64_t tokens) const {
    return static_cast<int32_t>((tokens + page_tokens_ - 1) / page_tokens_);
  }

  // Takes a page with one holder, which forgets what it held. REQUIRES: available() > 0.
  PageId take();
  // One more holder of a page that is held or cached.
  void hold(PageId page);
  // One holder less. After the last one the page is cached if it is indexed, otherwise free.
  // A sequence releases its last page first: so of a chain the end is evicted before the beginning.
  void release(PageId page);

  // Written in place only where nobody else reads it, now or later.
  bool writable(PageId page) const { return holders(page) == 1 && !index_.contains(page); }

  const PrefixIndex& index() const { return index_; }
  // The page that holds what `key` says: one that has been indexed before, or else `page` itself, if it could
  // be indexed; kNoPage if not. REQUIRES: `page` is held, full and not indexed.
  PageId publish(PageId page, const PageKey& key);

 private:
  struct Page {
    int32_t holders = 0;
    PageId older = kNoPage, newer = kNoPage;  // neighbours in the list of cached pages
  };
  const Page& at(PageId page) const { return pages_[static_cast<size_t>(page)]; }
  Page& at(PageId page) { return pages_[static_cast<size_t>(page)]; }
  void link_newest(PageId page);
  void unlink(PageId page);

  int32_t page_tokens_;
  std::vector<Page> pages_;
  std::vector<PageId> free_;  // a stack
  PageId oldest_ = kNoPage, newest_ = kNoPage;
  int32_t cached_ = 0;
  PrefixIndex index_;
};

}  // namespace ferry
