#pragma once
// The pages of one sequence, in the order of its positions.
//
// Pages may be shared: a sequence adopts those that hold the beginning of its tokens. A shared page is never
// written: write() puts a copy in its place first, and says so to the caller, who copies the contents.

#include <cstdint>
#include <span>
#include <vector>

#include "infer/pages/pages.h"

namespace ferry {

// The contents of page `from` are to be copied to page `to`, in all layers.
struct PageCopy {
  PageId from = kNoPage;
  PageId to = kNoPage;
};

// Releases its pages when it goes. Used by one thread (the engine's).
class PageTable {
 public:
  explicit PageTable(PagePool& pool) : pool_(&pool) {}
  ~PageTable() { clear(); }
  PageTable(const PageTable&) = delete;
  PageTable& operator=(const PageTable&) = delete;

  std::span<const PageId> pages() const { return pages_; }

  // Holds one more page that others have filled: the next page_tokens positions.
  void adopt(PageId page);

  // How many pages write(first, end) would take from the pool.
  int32_t wanted(int64_t first, int64_t end) const;
  // Makes positions [first, end) writable. False, with nothing done, when the pool has too few pages. What
  // must be copied before anything is written is appended to `copies`.
  // REQUIRES: first < end; positions before `first` have pages.
  bool write(int64_t first, int64_t end, std::vector<PageCopy>& copies);

  // From now on the sequence's `index`-th page is `page`, which holds the same.
  void replace(size_t index, PageId page);

  // Gives back all pages but the first `count`.
  void shrink(size_t count);
  void clear() { shrink(0); }

 private:
  bool must_copy(int64_t first) const;

  PagePool* pool_;
  std::vector<PageId> pages_;
};

}  // namespace ferry
