// Feedback as clients send it: taken with every part as it should be, or refused with words.

#include <cmath>

#include "app/api/feedback.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ferry;
  const auto read = api::read_feedback({reinterpret_cast<const char*>(data), size});
  if (!read) {
    FERRY_CHECK(!read.error().error.message.empty());
    return 0;
  }
  FERRY_CHECK(!read->given.empty() && read->given.size() <= 3);
  for (const Feedback& one : read->given) FERRY_CHECK(std::isfinite(one.value));
  return 0;
}
