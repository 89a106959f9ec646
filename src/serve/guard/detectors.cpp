#include "serve/guard/detectors.h"

#include <algorithm>
#include <tuple>

namespace ferry {
namespace {

// Always found: without them a placeholder that a user wrote would be taken for one of ours.
constexpr uint32_t kLiterals = 1U << static_cast<unsigned>(FindingKind::literal);

bool has(uint32_t kinds, FindingKind kind) {
  return (kinds >> static_cast<unsigned>(kind) & 1) != 0;
}

Result<void> check_names(const DetectorSettings& settings) {
  for (const NameList& list : settings.lists) {
    if (list.name.empty()) return fail(ErrorCode::invalid_argument, "a name list has no name");
  }
  for (const CustomRegex& regex : settings.regexes) {
    if (regex.name.empty()) return fail(ErrorCode::invalid_argument, "a regular expression has no name");
  }
  return {};
}

size_t without(size_t offset, size_t bytes) {
  return offset - std::min(offset, bytes);
}

}  // namespace

void ScanProgress::drop(size_t bytes) {
  forms.next = without(forms.next, bytes);
  forms.digits = without(forms.digits, bytes);
  forms.wait_for = without(forms.wait_for, bytes);
  for (PatternSet::Progress* set : {&keys, &patterns}) {
    set->next = without(set->next, bytes);
    for (size_t& end : set->resume) end = without(end, bytes);
  }
}

Result<std::shared_ptr<const Detectors>> Detectors::compile(const DetectorSettings& settings) {
  FERRY_TRY_VOID(check_names(settings));
  const std::vector<NameList> no_lists;
  const std::vector<CustomRegex> no_regexes;
  FERRY_TRY(PatternSet patterns,
            PatternSet::compile(has(settings.kinds, FindingKind::name) ? settings.lists : no_lists,
                                has(settings.kinds, FindingKind::custom) ? settings.regexes : no_regexes));
  static const PatternSet no_keys;
  const PatternSet& keys =
      has(settings.kinds, FindingKind::secret) ? PatternSet::keys(settings.least) : no_keys;
  const FormChoice choice{settings.kinds | kLiterals, settings.least};
  return std::shared_ptr<const Detectors>(new Detectors(keys, std::move(patterns), choice));
}

void Detectors::scan(const Window& window, ScanProgress& progress, std::vector<Finding>& out) const {
  scan_forms(window, choice_, progress.forms, out);
  keys_.scan(window, progress.keys, out);
  patterns_.scan(window, progress.patterns, out);
}

size_t Detectors::earliest_open(const Window& window, const ScanProgress& progress) const {
  return std::min({ferry::earliest_open(window, progress.forms), progress.keys.next, progress.patterns.next});
}

std::vector<Finding> Detectors::find(std::string_view text) const {
  std::vector<Finding> findings;
  ScanProgress progress;
  scan(Window(text, true), progress, findings);
  sort_findings(findings);
  return findings;
}

void sort_findings(std::vector<Finding>& findings) {
  std::sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return std::tuple(a.begin, b.end, a.kind, a.rule) < std::tuple(b.begin, a.end, b.kind, b.rule);
  });
}

}  // namespace ferry
