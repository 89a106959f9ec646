#pragma once
// All detectors of a configuration, compiled once. docs/guard.md says what each finds and how sure it is.

#include <memory>
#include <string_view>
#include <vector>

#include "serve/guard/finding.h"
#include "serve/guard/form_scanner.h"
#include "serve/guard/patterns/pattern_set.h"

namespace ferry {

struct DetectorSettings {
  uint32_t kinds = ~0U;                   // bit for each FindingKind; literals are always found
  Confidence least = Confidence::likely;  // what is less sure is not reported
  std::vector<NameList> lists = {};       // of FindingKind::name
  std::vector<CustomRegex> regexes = {};  // of FindingKind::custom
};

// Where a scan stands in its window. One text's; not shared.
struct ScanProgress {
  FormProgress forms;
  PatternSet::Progress keys;
  PatternSet::Progress patterns;

  // The window lost so many bytes at its beginning; no more than earliest_open() said.
  void drop(size_t bytes);
};

// Immutable: any number of threads.
class Detectors {
 public:
  // Errors: which list or expression is wrong, and how.
  static Result<std::shared_ptr<const Detectors>> compile(const DetectorSettings& settings);

  // Everything that is found, by beginning, the longer first. Findings of different kinds may overlap (an
  // address within a URL). Time is linear in the text. The text may be any bytes.
  std::vector<Finding> find(std::string_view text) const;

  // The same piece by piece: decides what can be decided, appending findings in no order.
  void scan(const Window& window, ScanProgress& progress, std::vector<Finding>& out) const;
  // No finding that is yet to come begins before it.
  size_t earliest_open(const Window& window, const ScanProgress& progress) const;

 private:
  Detectors(const PatternSet& keys, PatternSet patterns, FormChoice choice)
      : keys_(keys), patterns_(std::move(patterns)), choice_(choice) {}

  const PatternSet& keys_;  // lives as long as the process
  PatternSet patterns_;     // of the settings
  FormChoice choice_;
};

// By beginning, then the longer, then the kind.
void sort_findings(std::vector<Finding>& findings);

}  // namespace ferry
