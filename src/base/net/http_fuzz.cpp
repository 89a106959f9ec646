// Whatever a connection sends: the reader must not crash, must see the same requests however the bytes are
// split, and must not let through what a proxy in front could read differently.

#include <algorithm>
#include <vector>

#include "base/core/result.h"
#include "base/core/rng.h"
#include "base/net/http_request_reader.h"

namespace ferry {
namespace {

constexpr HttpLimits kLimits{.max_header = 4096, .max_body = 8192};

struct Outcome {
  std::vector<HttpRequest> requests;
  HttpRequestReader::Status last = HttpRequestReader::Status::idle;
  int refused_with = 0;
};

void check(const HttpRequest& request) {
  FERRY_CHECK(!request.method.empty() && (request.path == "*" || request.path.starts_with('/')));
  FERRY_CHECK(request.body.size() <= kLimits.max_body);
  int hosts = 0;
  for (const HttpHeader& header : request.headers) {
    FERRY_CHECK(!header.name.empty());
    FERRY_CHECK(header.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    hosts += equal_ignoring_case(header.name, "host");
  }
  FERRY_CHECK(hosts == 1 || (hosts == 0 && request.is_http_1_0));
  const auto length = request.header("content-length");
  FERRY_CHECK(!length || std::stoull(std::string(*length)) == request.body.size());
  const auto encoding = request.header("transfer-encoding");
  FERRY_CHECK(!encoding || (!length && equal_ignoring_case(*encoding, "chunked")));
  FERRY_CHECK(length || encoding || request.body.empty());
}

Outcome read(std::string_view bytes, Rng* splits) {
  Outcome outcome;
  HttpRequestReader reader(kLimits);
  while (!bytes.empty() && outcome.last != HttpRequestReader::Status::refused) {
    const size_t step = splits == nullptr ? bytes.size() : 1 + splits->below(splits->below(64) + 1);
    reader.append(bytes.substr(0, step));
    bytes.remove_prefix(std::min(step, bytes.size()));
    while ((outcome.last = reader.advance()) == HttpRequestReader::Status::ready) {
      outcome.requests.push_back(reader.take());
      check(outcome.requests.back());
    }
  }
  if (outcome.last == HttpRequestReader::Status::refused) outcome.refused_with = reader.refusal().status;
  return outcome;
}

bool same(const HttpRequest& a, const HttpRequest& b) {
  return a.method == b.method && a.target == b.target && a.body == b.body &&
         a.headers.size() == b.headers.size();
}

}  // namespace
}  // namespace ferry

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ferry;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Outcome whole = read(bytes, nullptr);
  Rng splits(size * 31 + (size > 0 ? data[size / 2] : 0));
  const Outcome pieces = read(bytes, &splits);
  FERRY_CHECK(whole.refused_with == pieces.refused_with && whole.last == pieces.last);
  FERRY_CHECK(whole.requests.size() == pieces.requests.size());
  for (size_t i = 0; i < whole.requests.size(); ++i) FERRY_CHECK(same(whole.requests[i], pieces.requests[i]));
  return 0;
}
