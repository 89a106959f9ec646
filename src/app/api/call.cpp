#include "app/api/call.h"

#include <algorithm>
#include <random>

#include "base/observe/log.h"

namespace ferry::api {
namespace {

constexpr std::string_view kRequestId = "x-request-id";
constexpr size_t kMaxRequestId = 128;

}  // namespace

HttpHeaders reply_headers(const Call& call, HttpHeaders more) {
  more.push_back({std::string(kRequestId), call.request_id});
  return more;
}

void reply_json(const Call& call, int status, std::string_view body, HttpHeaders headers) {
  call.exchange->respond(status, kJsonContentType, body, reply_headers(call, std::move(headers)));
  log_reply(call, status);
}

void reply(const Call& call, const Refusal& refusal) {
  reply_json(call, refusal.status, openai_error_json(refusal.status, refusal.error), refusal.headers);
}

void log_reply(const Call& call, int status) {
  const HttpRequest& request = call.exchange->request();
  const auto took = std::chrono::steady_clock::now() - call.began;
  // Probes come every few seconds for ever: they would bury the rest.
  const LogLevel level = request.path == "/health" ? LogLevel::debug : LogLevel::info;
  log(level, "request",
      {{"method", request.method},
       {"path", request.path},
       {"status", status},
       {"ms", std::chrono::duration<double, std::milli>(took).count()},
       {"from", request.remote_address},
       {"request_id", call.request_id}});
}

std::string random_id(std::string_view prefix) {
  thread_local std::random_device device;
  std::string id(prefix);
  for (int i = 0; i < 4; ++i) fmt::format_to(std::back_inserter(id), "{:08x}", device());
  return id;
}

std::string request_id_for(const HttpRequest& request) {
  const auto given = request.header(kRequestId);
  const bool sensible = given && !given->empty() && given->size() <= kMaxRequestId &&
                        std::all_of(given->begin(), given->end(), [](char c) { return c > ' ' && c < 0x7f; });
  return sensible ? std::string(*given) : random_id("req-");
}

}  // namespace ferry::api
