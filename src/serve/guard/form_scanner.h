#pragma once
// One pass over a text for what has a form: finds the bytes that such a thing must have (a digit, '@', ':',
// '-', 'J', '['), and asks the detectors there.

#include <vector>

#include "serve/guard/finding.h"
#include "serve/guard/window.h"

namespace ferry {

// What of the form detectors' findings counts.
struct FormChoice {
  uint32_t kinds = ~0U;  // bit for each FindingKind
  Confidence least = Confidence::likely;

  bool takes(const Finding& finding) const {
    return (kinds >> static_cast<unsigned>(finding.kind) & 1) != 0 && finding.confidence >= least;
  }
};

struct FormProgress {
  size_t next = 0;      // all triggers before it are decided
  size_t digits = 0;    // digits before it belong to a finding
  size_t wait_for = 0;  // do not look again before the window has so many bytes
};

// Decides as many triggers as can be, appending to `out`.
void scan_forms(const Window& window, const FormChoice& choice, FormProgress& progress,
                std::vector<Finding>& out);

// Where a finding whose trigger is not decided yet may begin at the earliest. At most 67 bytes before
// progress.next.
size_t earliest_open(const Window& window, const FormProgress& progress);

// The first place from `from` on with a trigger byte; text.size(): none.
size_t next_trigger(std::string_view text, size_t from);

}  // namespace ferry
