#include "infer/pages/pages.h"

#include "base/core/result.h"

namespace ferry {

PagePool::PagePool(int32_t pages, int32_t page_tokens, int hash_bits)
    : page_tokens_(page_tokens), pages_(static_cast<size_t>(pages)), index_(pages, page_tokens, hash_bits) {
  FERRY_CHECK(pages >= 0 && page_tokens > 0);
  free_.reserve(pages_.size());
  for (PageId page = pages - 1; page >= 0; --page) free_.push_back(page);  // low numbers are taken first
}

PageId PagePool::take() {
  FERRY_CHECK(available() > 0);
  PageId page = oldest_;
  if (free_.empty()) {
    unlink(page);
    index_.erase(page);
  } else {
    page = free_.back();
    free_.pop_back();
  }
  at(page).holders = 1;
  return page;
}

void PagePool::hold(PageId page) {
  if (at(page).holders == 0) {
    FERRY_CHECK(index_.contains(page));
    unlink(page);
  }
  ++at(page).holders;
}

void PagePool::release(PageId page) {
  FERRY_CHECK(at(page).holders > 0);
  if (--at(page).holders > 0) return;
  if (index_.contains(page)) {
    link_newest(page);
  } else {
    free_.push_back(page);
  }
}

PageId PagePool::publish(PageId page, const PageKey& key) {
  FERRY_CHECK(at(page).holders > 0);
  const PageId known = index_.find(key);
  if (known != kNoPage) return known;
  return index_.insert(page, key) ? page : kNoPage;
}

void PagePool::link_newest(PageId page) {
  at(page).older = newest_;
  at(page).newer = kNoPage;
  (newest_ == kNoPage ? oldest_ : at(newest_).newer) = page;
  newest_ = page;
  ++cached_;
}

void PagePool::unlink(PageId page) {
  const auto [holders, older, newer] = at(page);
  (older == kNoPage ? oldest_ : at(older).newer) = newer;
  (newer == kNoPage ? newest_ : at(newer).older) = older;
  --cached_;
}

}  // namespace ferry
