#pragma once
// Who holds which page of the KV cache: numbers only, no tensor.
//
// A page holds page_tokens positions of one sequence. Pages are counted by reference, so that sequences may
// share a prefix later. Used by one thread (the engine's).

#include <cstdint>
#include <span>
#include <vector>

namespace ferry {

using PageId = int32_t;

class PagePool {
 public:
  PagePool(int32_t pages, int32_t page_tokens);

  int32_t page_tokens() const { return page_tokens_; }
  int32_t capacity() const { return static_cast<int32_t>(holders_.size()); }
  int32_t free_pages() const { return static_cast<int32_t>(free_.size()); }
  int32_t pages_for(int64_t tokens) const {
    return static_cast<int32_t>((tokens + page_tokens_ - 1) / page_tokens_);
  }

  // Takes a free page with one holder. REQUIRES: free_pages() > 0.
  PageId take();
  // One more holder of a page that is held already.
  void hold(PageId page);
  // One holder less; the last one frees it.
  void release(PageId page);

 private:
  int32_t page_tokens_;
  std::vector<int32_t> holders_;  // [pages]
  std::vector<PageId> free_;      // a stack
};

// The pages of one sequence, in the order of its positions. Releases them when it goes.
class PageTable {
 public:
  explicit PageTable(PagePool& pool) : pool_(&pool) {}
  ~PageTable() { clear(); }
  PageTable(const PageTable&) = delete;
  PageTable& operator=(const PageTable&) = delete;

  std::span<const PageId> pages() const { return pages_; }
  // Pages that would have to be taken for `tokens` positions in all.
  int32_t missing(int64_t tokens) const;
  // Makes room for `tokens` positions in all; false, with nothing taken, when the pool has too few pages.
  bool grow(int64_t tokens);
  void clear();

 private:
  PagePool* pool_;
  std::vector<PageId> pages_;
};

}  // namespace ferry
