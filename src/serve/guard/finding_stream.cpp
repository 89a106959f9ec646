#include "serve/guard/finding_stream.h"

#include <algorithm>

#include "base/core/utf8.h"

namespace ferry {

FindingStream::Piece FindingStream::push(std::string_view text) {
  buffer_.append(text);
  return advance(false);
}

FindingStream::Piece FindingStream::finish() {
  return advance(true);
}

FindingStream::Piece FindingStream::advance(bool whole) {
  const Window window(buffer_, whole);
  detectors_->scan(window, progress_, pending_);
  sort_findings(pending_);
  if (whole) return take(buffer_.size());
  const size_t characters = buffer_.size() - incomplete_utf8_tail(buffer_);
  const size_t open = std::min(detectors_->earliest_open(window, progress_), characters);
  Piece piece = take(decided_end(std::max(open, released_)));
  forget();
  return piece;
}

// Up to `open`, but not into a finding: a later one may overlap it, and begin no earlier than `open`.
size_t FindingStream::decided_end(size_t open) const {
  size_t end = open;
  for (auto finding = pending_.rbegin(); finding != pending_.rend(); ++finding) {
    // Backwards by beginning: a finding that crosses the end may make an earlier one cross the new end.
    if (finding->begin < end && finding->end > end) end = finding->begin;
  }
  return end;
}

FindingStream::Piece FindingStream::take(size_t end) {
  Piece piece{buffer_.substr(released_, end - released_), base_ + released_, {}};
  const auto first_left =
      std::find_if(pending_.begin(), pending_.end(), [&](const Finding& f) { return f.begin >= end; });
  for (auto finding = pending_.begin(); finding != first_left; ++finding) {
    finding->begin += base_;
    finding->end += base_;
    piece.findings.push_back(*finding);
  }
  pending_.erase(pending_.begin(), first_left);
  released_ = end;
  return piece;
}

// Drops what no detector looks back at, when it has become the larger part.
void FindingStream::forget() {
  constexpr size_t kWorthwhile = 4096;
  const size_t drop = released_ - std::min(released_, kLookBehind);
  if (drop < kWorthwhile || drop < buffer_.size() / 2) return;
  buffer_.erase(0, drop);
  base_ += drop;
  released_ -= drop;
  progress_.drop(drop);
  for (Finding& finding : pending_) {
    finding.begin -= drop;
    finding.end -= drop;
  }
}

}  // namespace ferry
