#pragma once
// Findings in a text that comes piece by piece, the same however it is cut.

#include <memory>
#include <string>
#include <vector>

#include "serve/guard/detectors.h"

namespace ferry {

// What is held back is only what may still become part of a finding: the run of characters at the end that
// could begin one (at most 67 bytes: a word before its '@'), or one that has begun and goes on. Its bound is
// its detector's:
//   email 320, phone 34, IBAN 43, card and national ids 40, IP 46, url_password 536, jwt 8 KiB, private_key
//   16 KiB, vendors' keys 512, name lists and custom expressions their longest match (4 KiB at most).
// Findings that overlap one another are let go together.
class FindingStream {
 public:
  // Text that is decided. Whole characters, and no finding is cut: each lies within [offset, offset + size).
  struct Piece {
    std::string text;
    size_t offset = 0;              // of its first byte in the stream
    std::vector<Finding> findings;  // by beginning; offsets are the stream's
  };

  explicit FindingStream(std::shared_ptr<const Detectors> detectors) : detectors_(std::move(detectors)) {}

  Piece push(std::string_view text);
  // The text ends here: everything that was held back. Nothing may be pushed afterwards.
  Piece finish();

 private:
  Piece advance(bool whole);
  size_t decided_end(size_t open) const;
  Piece take(size_t end);
  void forget();

  std::shared_ptr<const Detectors> detectors_;
  std::string buffer_;            // from base_ on: what looking back needs, then what is held
  size_t base_ = 0;               // the buffer's first byte in the stream
  size_t released_ = 0;           // of the buffer
  ScanProgress progress_;         // offsets are the buffer's
  std::vector<Finding> pending_;  // the same; by beginning, none before released_
};

}  // namespace ferry
