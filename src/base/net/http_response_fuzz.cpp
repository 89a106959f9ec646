// Whatever a server sends: the reader must not crash, must see the same response however the bytes are cut,
// must keep to its limits, and must never take a length for granted that another header contradicts.

#include <algorithm>

#include "base/core/result.h"
#include "base/core/rng.h"
#include "base/net/http_response_reader.h"

namespace ferry {
namespace {

constexpr HttpResponseLimits kLimits{.max_header = 2048, .max_body = 4096};
using Event = HttpResponseReader::Event;

struct Outcome {
  Event last = Event::more;
  HttpFailure failure = HttpFailure::invalid;
  int status = 0;
  HttpHeaders headers = {};
  std::string body = {};
  bool keep_alive = false;
};

void check(const HttpResponseHead& head) {
  FERRY_CHECK(head.status >= 200 && head.status <= 599);
  int lengths = 0, encodings = 0;
  for (const auto& [name, value] : head.headers) {
    FERRY_CHECK(is_http_token(name) && holds_no_control(value));
    lengths += equal_ignoring_case(name, "content-length");
    encodings += equal_ignoring_case(name, "transfer-encoding");
  }
  FERRY_CHECK(lengths + encodings <= 1 && head.content_length.has_value() == (lengths == 1));
}

// False where nothing more is to come.
bool take(HttpResponseReader& reader, std::string_view piece, Outcome& outcome) {
  while ((outcome.last = reader.read(piece)) != Event::more) {
    if (outcome.last == Event::head) {
      HttpResponseHead head = reader.take_head();
      check(head);
      outcome.status = head.status;
      outcome.headers = std::move(head.headers);
    } else if (outcome.last == Event::body) {
      FERRY_CHECK(!reader.piece().empty());
      outcome.body += reader.piece();
    } else {
      return false;
    }
  }
  FERRY_CHECK(piece.empty());
  return true;
}

Outcome read(std::string_view bytes, bool head_only, Rng* cuts) {
  Outcome outcome;
  HttpResponseReader reader;
  reader.begin(kLimits, head_only);
  bool more = true;
  while (!bytes.empty() && more) {
    const size_t step = cuts == nullptr ? bytes.size() : 1 + cuts->below(cuts->below(64) + 1);
    more = take(reader, bytes.substr(0, step), outcome);
    bytes.remove_prefix(std::min(step, bytes.size()));
  }
  if (more) outcome.last = reader.end_of_stream(true);
  if (outcome.last == Event::failed) outcome.failure = reader.failure();
  if (outcome.last == Event::end) outcome.keep_alive = reader.keep_alive();
  FERRY_CHECK(outcome.body.size() <= kLimits.max_body && (!head_only || outcome.body.empty()));
  return outcome;
}

}  // namespace
}  // namespace ferry

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ferry;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Rng cuts(size * 31 + (size > 0 ? data[size / 2] : 0));
  for (const bool head_only : {false, true}) {
    const Outcome whole = read(bytes, head_only, nullptr);
    const Outcome pieces = read(bytes, head_only, &cuts);
    FERRY_CHECK(whole.last == pieces.last && whole.failure == pieces.failure);
    FERRY_CHECK(whole.status == pieces.status && whole.headers.size() == pieces.headers.size());
    FERRY_CHECK(whole.keep_alive == pieces.keep_alive);
    // Before a fault, as much of the body is handed on as had come without it.
    if (whole.last == Event::end) FERRY_CHECK(whole.body == pieces.body);
  }
  return 0;
}
