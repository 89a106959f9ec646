// A regular expression (up to the first line break) and a text: whatever compiles, matches within the text.

#include "base/core/result.h"
#include "serve/guard/detectors.h"

namespace ferry {
namespace {

void check(std::string_view input) {
  const size_t end = std::min(input.find('\n'), input.size());
  // Short repeats: a large automaton is refused, but only after it has been made.
  const std::string pattern(input.substr(0, std::min<size_t>(end, 40)));
  const std::string_view text = input.substr(std::min(end + 1, input.size()));
  const auto detectors = Detectors::compile(
      {.kinds = 1U << static_cast<unsigned>(FindingKind::custom), .regexes = {{"r", pattern, false, 64}}});
  if (!detectors) return FERRY_CHECK(!detectors.error().message.empty());
  for (const Finding& finding : (*detectors)->find(text)) {
    FERRY_CHECK(finding.begin < finding.end && finding.end <= text.size());
    FERRY_CHECK(finding.kind != FindingKind::custom || finding.end - finding.begin <= 64);
  }
}

}  // namespace
}  // namespace ferry

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ferry::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
