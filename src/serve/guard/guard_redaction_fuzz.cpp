// Any bytes, redacted and restored, are themselves; pieces give what the whole gives. Input: a byte for the
// longest piece, then the text.

#include "base/core/result.h"
#include "serve/guard/redaction.h"
#include "serve/guard/test_texts.h"

namespace ferry {
namespace {

void check(std::string_view input) {
  if (input.empty()) return;
  const size_t longest = static_cast<unsigned char>(input.front()) % 40 + 1;
  const std::string_view text = input.substr(1);
  Redaction redaction;
  const std::string redacted = redaction.redact(text, test_detectors()->find(text));
  FERRY_CHECK(redaction.restore(redacted) == text);
  Redaction again;
  RedactStream out(test_detectors(), again);
  std::string pieces;
  for (size_t at = 0; at < text.size(); at += longest) pieces += out.push(text.substr(at, longest));
  pieces += out.finish();
  FERRY_CHECK(pieces == redacted);
  RestoreStream back(redaction, RestoreStream::Form::text);
  std::string restored;
  for (size_t at = 0; at < redacted.size(); at += longest)
    restored += back.push(std::string_view(redacted).substr(at, longest));
  FERRY_CHECK(restored + back.finish() == text);
}

}  // namespace
}  // namespace ferry

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ferry::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
