#include "serve/accounts/rate_window.h"

#include <algorithm>

namespace ferry {

void RateWindow::advance(int64_t slot) {
  const int64_t first = std::max(newest_ + 1, slot - kSlots + 1);
  for (int64_t s = first; s <= slot; ++s) {
    sum_ -= counts_[index(s)];
    counts_[index(s)] = 0;
  }
  newest_ = std::max(newest_, slot);
}

void RateWindow::add(int64_t slot, int64_t amount) {
  if (slot > newest_ || slot <= newest_ - kSlots) return;
  int64_t& count = counts_[index(slot)];
  amount = std::clamp(amount, -count, kMost - sum_);
  count += amount;
  sum_ += amount;
}

int64_t RateWindow::slot_at_most(int64_t most) const {
  int64_t left = sum_;
  int64_t slot = newest_ - kSlots;
  while (left > most && slot < newest_) left -= counts_[index(++slot)];
  return std::max(slot + kSlots, newest_ + 1);
}

int64_t RateWindow::slot_empty() const {
  int64_t slot = newest_;
  while (slot > newest_ - kSlots && counts_[index(slot)] == 0) --slot;
  return std::max(slot + kSlots, newest_ + 1);
}

}  // namespace ferry
