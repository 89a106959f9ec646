#include "app/cli/top_source.h"

#include <future>

#include "base/net/http_url.h"

namespace ferry::cli {
namespace {

constexpr Duration kLook = std::chrono::milliseconds(20);  // how often `give_up` is asked
constexpr Duration kPatience = std::chrono::seconds(10);
constexpr uint64_t kMostBytes = uint64_t{64} << 20;

}  // namespace

Result<std::unique_ptr<TopSource>> TopSource::open(const std::string& url, const std::string& key) {
  FERRY_TRY(HttpUrl parts, parse_http_url(url));
  if (!holds_no_control(key)) {
    return fail(ErrorCode::invalid_argument, "the key has characters that no key can have");
  }
  while (parts.target.ends_with('/')) parts.target.pop_back();
  std::unique_ptr<TopSource> source(new TopSource());
  FERRY_TRY(source->origin_, source->pool_.origin({.url = url}));
  source->target_ = parts.target + "/metrics";
  source->page_ = fmt::format("{}://{}{}", parts.tls ? "https" : "http", parts.authority(), source->target_);
  if (!key.empty()) source->headers_.push_back({"Authorization", fmt::format("Bearer {}", key)});
  return source;
}

Result<TopReading> TopSource::read(const std::function<bool()>& give_up) {
  HttpPoolCall call;
  call.origin = origin_;
  call.method = "GET";
  call.target = target_;
  call.headers = headers_;
  call.deadlines = {.connect = kPatience, .first_byte = kPatience, .idle = kPatience, .total = kPatience};
  call.max_body = kMostBytes;
  const auto promise = std::make_shared<std::promise<HttpCollectedResult>>();
  std::future<HttpCollectedResult> answer = promise->get_future();
  HttpCallHandle handle = collect(pool_, std::move(call), [promise](HttpCollectedResult result) {
    promise->set_value(std::move(result));
  });
  while (answer.wait_for(kLook) != std::future_status::ready) {
    if (give_up()) handle.cancel();
  }
  return reading_of(answer.get());
}

Result<TopReading> TopSource::reading_of(const HttpCollectedResult& answer) const {
  if (!answer) {
    const bool cancelled = answer.error().kind == HttpFailure::cancelled;
    return fail(cancelled ? ErrorCode::cancelled : ErrorCode::unavailable, "{}", answer.error().message);
  }
  if (const int status = answer->head.status; status != 200) {
    const bool key = status == 401 || status == 403;
    return fail(ErrorCode::unavailable, "{} answers {}{}", page_, status,
                key ? ": name a key that may see it with --key or FERRY_API_KEY" : "");
  }
  auto samples = parse_metrics(answer->body);
  if (!samples) return tl::unexpected(std::move(samples).error().within(page_));
  TopReading reading = read_top(*samples, std::chrono::steady_clock::now());
  if (reading.has_gateway) return reading;
  return fail(ErrorCode::unavailable,
              "{} has none of the gateway's numbers: the server has no routes, or the key is not an admin's",
              page_);
}

}  // namespace ferry::cli
