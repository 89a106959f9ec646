#pragma once
// Findings become placeholders on the way out, and placeholders what they stood for on the way back.

#include <array>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "serve/guard/finding_stream.h"

namespace ferry {

// One exchange's table: the same value has the same placeholder in all of its texts, numbered by kind in the
// order of appearance. restore(redact(text)) is the text, whatever the text is: what looks like a placeholder
// has become one itself. One thread at a time.
class Redaction {
 public:
  // `findings` are those of `text` (offsets less `offset`), by beginning. Where they overlap, the one that
  // begins first is replaced whole, and what sticks out of it as a value of its own.
  std::string redact(std::string_view text, const std::vector<Finding>& findings, size_t offset = 0);

  // The value that stands behind a placeholder; nullptr: none of ours.
  const std::string* value_of(std::string_view placeholder) const;

  // All placeholders of the table replaced. A placeholder that was never given stays.
  std::string restore(std::string_view text) const;
  // The same within JSON text, where placeholders stand in strings: values with JSON's escapes.
  std::string restore_json(std::string_view json_text) const;

  bool empty() const { return values_.empty(); }

 private:
  const std::string& placeholder_for(FindingKind kind, std::string_view value);

  std::map<std::pair<FindingKind, std::string>, std::string> placeholders_;
  std::unordered_map<std::string, std::string> values_;
  std::array<size_t, kFindingKinds> counts_{};
};

// Restores a text that comes piece by piece. Holds back what may be the beginning of a placeholder, 31 bytes
// at most.
class RestoreStream {
 public:
  enum class Form { text, json };

  // The table may grow while the stream runs, and must outlive it.
  RestoreStream(const Redaction& redaction, Form form) : redaction_(redaction), form_(form) {}

  std::string push(std::string_view text);
  std::string finish();

 private:
  std::string restored(std::string_view text) const;

  const Redaction& redaction_;
  Form form_;
  std::string held_;
};

// Redacts a text that comes piece by piece; holds back what FindingStream does.
class RedactStream {
 public:
  RedactStream(std::shared_ptr<const Detectors> detectors, Redaction& redaction)
      : findings_(std::move(detectors)), redaction_(redaction) {}

  std::string push(std::string_view text) { return redacted(findings_.push(text)); }
  std::string finish() { return redacted(findings_.finish()); }

 private:
  std::string redacted(const FindingStream::Piece& piece) {
    return redaction_.redact(piece.text, piece.findings, piece.offset);
  }

  FindingStream findings_;
  Redaction& redaction_;
};

}  // namespace ferry
