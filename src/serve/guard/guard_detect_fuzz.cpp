// Any bytes: findings lie within the text, in order, and are the same in a stream that is cut anywhere.
// Input: a byte for the longest piece, then the text.

#include "base/core/result.h"
#include "serve/guard/finding_stream.h"
#include "serve/guard/test_texts.h"

namespace ferry {
namespace {

void check(std::string_view input) {
  if (input.empty()) return;
  const size_t longest = static_cast<unsigned char>(input.front()) % 40 + 1;
  const std::string_view text = input.substr(1);
  const std::vector<Finding> whole = test_detectors()->find(text);
  for (const Finding& finding : whole) FERRY_CHECK(finding.begin < finding.end && finding.end <= text.size());
  FindingStream stream(test_detectors());
  std::vector<Finding> findings;
  std::string out;
  const auto take = [&](const FindingStream::Piece& piece) {
    FERRY_CHECK(piece.offset == out.size());
    out += piece.text;
    for (const Finding& finding : piece.findings) {
      FERRY_CHECK(finding.begin >= piece.offset && finding.end <= out.size());
      findings.push_back(finding);
    }
  };
  for (size_t at = 0; at < text.size(); at += longest) take(stream.push(text.substr(at, longest)));
  take(stream.finish());
  FERRY_CHECK(out == text);
  FERRY_CHECK(findings == whole);
}

}  // namespace
}  // namespace ferry

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ferry::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
