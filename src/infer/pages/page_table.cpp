#include "infer/pages/page_table.h"

#include <algorithm>
#include <utility>

#include "base/core/result.h"

namespace ferry {

void PageTable::adopt(PageId page) {
  pool_->hold(page);
  pages_.push_back(page);
}

// Only the page that `first` lies in can be shared: all behind it were taken by this sequence.
bool PageTable::must_copy(int64_t first) const {
  const auto index = static_cast<size_t>(first / pool_->page_tokens());
  return index < pages_.size() && !pool_->writable(pages_[index]);
}

int32_t PageTable::wanted(int64_t first, int64_t end) const {
  const int32_t more = pool_->pages_for(end) - static_cast<int32_t>(pages_.size());
  return std::max(0, more) + (must_copy(first) ? 1 : 0);
}

bool PageTable::write(int64_t first, int64_t end, std::vector<PageCopy>& copies) {
  if (wanted(first, end) > pool_->available()) return false;
  const auto index = static_cast<size_t>(first / pool_->page_tokens());
  FERRY_CHECK(first < end && index <= pages_.size());
  if (must_copy(first)) {
    const PageId copy = pool_->take();
    copies.push_back({pages_[index], copy});
    pool_->release(std::exchange(pages_[index], copy));
  }
  const auto count = static_cast<size_t>(pool_->pages_for(end));
  while (pages_.size() < count) pages_.push_back(pool_->take());
  for (size_t i = index; i < pages_.size(); ++i) FERRY_CHECK(pool_->writable(pages_[i]));
  return true;
}

void PageTable::replace(size_t index, PageId page) {
  pool_->hold(page);
  pool_->release(std::exchange(pages_[index], page));
}

void PageTable::shrink(size_t count) {
  while (pages_.size() > count) {
    pool_->release(pages_.back());
    pages_.pop_back();
  }
}

}  // namespace ferry
