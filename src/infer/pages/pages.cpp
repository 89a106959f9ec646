#include "infer/pages/pages.h"

#include <algorithm>

#include "base/core/result.h"

namespace ferry {

PagePool::PagePool(int32_t pages, int32_t page_tokens)
    : page_tokens_(page_tokens), holders_(static_cast<size_t>(pages), 0) {
  FERRY_CHECK(pages >= 0 && page_tokens > 0);
  free_.reserve(holders_.size());
  for (PageId page = pages - 1; page >= 0; --page) free_.push_back(page);  // low numbers are taken first
}

PageId PagePool::take() {
  FERRY_CHECK(!free_.empty());
  const PageId page = free_.back();
  free_.pop_back();
  holders_[static_cast<size_t>(page)] = 1;
  return page;
}

void PagePool::hold(PageId page) {
  int32_t& holders = holders_[static_cast<size_t>(page)];
  FERRY_CHECK(holders > 0);
  ++holders;
}

void PagePool::release(PageId page) {
  int32_t& holders = holders_[static_cast<size_t>(page)];
  FERRY_CHECK(holders > 0);
  if (--holders == 0) free_.push_back(page);
}

int32_t PageTable::missing(int64_t tokens) const {
  return std::max(0, pool_->pages_for(tokens) - static_cast<int32_t>(pages_.size()));
}

bool PageTable::grow(int64_t tokens) {
  const int32_t more = missing(tokens);
  if (more > pool_->free_pages()) return false;
  for (int32_t i = 0; i < more; ++i) pages_.push_back(pool_->take());
  return true;
}

void PageTable::clear() {
  // Last page first, so that a sequence that grows again gets the same pages in the same order.
  while (!pages_.empty()) {
    pool_->release(pages_.back());
    pages_.pop_back();
  }
}

}  // namespace ferry
