#include "serve/mock/service.h"

#include <algorithm>
#include <iterator>

#include <openssl/evp.h>

namespace ferry::mock {
namespace {

constexpr std::string_view kHeaderPrefix = "x-mock-";
constexpr size_t kMaxPaths = 64;  // that are counted by name

struct Endpoint {
  std::string_view path;
  Route route;
  Dialect dialect;
};

constexpr Endpoint kEndpoints[] = {
    {"/v1/chat/completions", Route::chat, Dialect::openai},
    {"/v1/completions", Route::completions, Dialect::openai},
    {"/v1/embeddings", Route::embeddings, Dialect::openai},
    {"/v1/messages", Route::messages, Dialect::anthropic},
    {"/v1/messages/count_tokens", Route::count_tokens, Dialect::anthropic},
};

const Endpoint* find_endpoint(std::string_view path) {
  const auto found = std::find_if(std::begin(kEndpoints), std::end(kEndpoints),
                                  [path](const Endpoint& endpoint) { return endpoint.path == path; });
  return found == std::end(kEndpoints) ? nullptr : found;
}

bool has_mock_prefix(std::string_view name) {
  return name.size() > kHeaderPrefix.size() &&
         equal_ignoring_case(name.substr(0, kHeaderPrefix.size()), kHeaderPrefix);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  return out;
}

std::string sha256_hex(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) fmt::format_to(std::back_inserter(hex), "{:02x}", digest[i]);
  return hex;
}

Dialect dialect_of(const HttpRequest& request) {
  const bool is_anthropic = request.path.starts_with("/v1/messages") || request.header("anthropic-version");
  return is_anthropic ? Dialect::anthropic : Dialect::openai;
}

}  // namespace

Service::Service(ServiceSettings settings) : settings_(std::move(settings)) {}

Script Service::answer(const HttpRequest& request, bool keep_alive) {
  const uint64_t number = requests_.fetch_add(1, std::memory_order_relaxed);
  Behaviour own;
  const Given given = route(request, number, own);
  count(request, number, given);
  const WireTerms terms{.keep_alive = keep_alive,
                        .is_http_1_0 = request.is_http_1_0,
                        .head_only = request.method == "HEAD",
                        .number = number};
  return make_script(given.answer, given.dialect, *given.behaviour, given.fault, terms);
}

Script Service::refuse(int status, std::string_view message) {
  return make_script(error_answer(Dialect::openai, status, message), Dialect::openai, {}, std::nullopt,
                     {.keep_alive = false});
}

Service::Given Service::route(const HttpRequest& request, uint64_t number, Behaviour& own) {
  static const Behaviour kPlain;
  const Dialect dialect = dialect_of(request);
  const auto plain = [&](Answer answer) { return Given{std::move(answer), dialect, &kPlain}; };
  const bool is_get = request.method == "GET" || request.method == "HEAD";
  if (is_get && request.path == "/mock/stats") return plain({.body = stats()});
  if (is_get && request.path == "/health") return plain({.body = R"({"status":"ok"})"});
  if (request.method == "POST" && request.path == "/mock/reset") {
    reset();
    return plain({.body = "{}"});
  }
  if (!has_key(request)) return plain(error_answer(dialect, 401, "the mock does not know this API key"));
  if (is_get && request.path == "/v1/models")
    return plain({.body = models_body(dialect, settings_.models, "")});
  constexpr std::string_view one = "/v1/models/";
  if (is_get && request.path.starts_with(one)) {
    return plain(
        {.body = models_body(dialect, settings_.models, std::string_view(request.path).substr(one.size()))});
  }
  const Endpoint* endpoint = find_endpoint(request.path);
  if (endpoint == nullptr)
    return plain(error_answer(dialect, 404, "the mock has nothing at " + request.path));
  if (request.method != "POST") return plain(error_answer(dialect, 405, "only POST is answered here"));
  return generate(request, endpoint->route, endpoint->dialect, number, own);
}

Service::Given Service::generate(const HttpRequest& request, Route route, Dialect dialect, uint64_t number,
                                 Behaviour& own) {
  Given given{{}, dialect, &settings_.behaviour};
  Result<Request> read = read_request(route, request.body);
  if (!read) {
    given.answer = error_answer(dialect, 400, read.error().message);
    return given;
  }
  const Result<bool> has_own = read_own_behaviour(request, read->behaviour, own);
  if (!has_own) {
    given.answer = error_answer(dialect, 400, has_own.error().message);
    return given;
  }
  if (*has_own) given.behaviour = &own;
  given.fault = given.behaviour->draw(number);
  std::optional<int> status;
  if (given.fault) status = status_of(*given.fault);
  if (given.fault == Fault::error_event && !read->stream) status = 500;
  if (status) {
    given.answer = error_answer(dialect, *status, "the mock was told to answer so");
  } else {
    given.answer =
        (dialect == Dialect::openai ? openai_answer : anthropic_answer)(*read, *given.behaviour, number);
  }
  return given;
}

// Whether the request says how it wants to be treated; then `own` is that.
Result<bool> Service::read_own_behaviour(const HttpRequest& request, std::string_view in_model,
                                         Behaviour& own) const {
  const bool in_headers = std::any_of(request.headers.begin(), request.headers.end(),
                                      [](const HttpHeader& header) { return has_mock_prefix(header.name); });
  if (!in_headers && in_model.empty()) return false;
  own = settings_.behaviour;
  FERRY_TRY_VOID(own.set_all(in_model));
  for (const auto& [name, value] : request.headers) {
    if (has_mock_prefix(name)) FERRY_TRY_VOID(own.set(lower(name.substr(kHeaderPrefix.size())), value));
  }
  return true;
}

bool Service::has_key(const HttpRequest& request) const {
  if (settings_.keys.empty()) return true;
  std::string_view key = request.header("x-api-key").value_or("");
  constexpr std::string_view scheme = "Bearer ";
  const std::string_view authorization = request.header("authorization").value_or("");
  if (authorization.starts_with(scheme)) key = authorization.substr(scheme.size());
  return std::find(settings_.keys.begin(), settings_.keys.end(), key) != settings_.keys.end();
}

void Service::count(const HttpRequest& request, uint64_t number, const Given& given) {
  if (given.fault) faults_[static_cast<size_t>(*given.fault)].fetch_add(1, std::memory_order_relaxed);
  Recorded recorded{number, request.method, request.target, {}, request.body.size(), {}, {}};
  const bool is_recorded = settings_.record > 0 && !request.path.starts_with("/mock/");
  if (is_recorded) recorded.sha256 = sha256_hex(request.body);
  if (is_recorded && settings_.record_bodies) {
    recorded.headers = request.headers;
    recorded.body = request.body;
  }
  const std::lock_guard lock(mutex_);
  auto path = by_path_.find(request.path);
  if (path == by_path_.end()) {
    path = by_path_.try_emplace(by_path_.size() < kMaxPaths ? request.path : std::string("other")).first;
  }
  ++path->second;
  ++by_status_[given.answer.status];
  if (!is_recorded) return;
  recorded_.push_back(std::move(recorded));
  if (recorded_.size() > settings_.record) recorded_.pop_front();
}

void Service::reset() {
  for (auto& fault : faults_) fault = 0;
  disconnects_ = 0;
  const std::lock_guard lock(mutex_);
  by_path_.clear();
  by_status_.clear();
  recorded_.clear();
}

std::string Service::stats() const {
  std::string text;
  JsonWriter w(text);
  w.begin_object();
  w.member("disconnects", disconnects_.load(std::memory_order_relaxed));
  w.key("by_fault");
  w.begin_object();
  for (size_t i = 0; i < kFaultCount; ++i) {
    if (const uint64_t times = faults_[i].load(std::memory_order_relaxed); times > 0)
      w.member(to_string(static_cast<Fault>(i)), times);
  }
  w.end_object();
  const std::lock_guard lock(mutex_);
  w.key("by_path");
  w.begin_object();
  for (const auto& [path, times] : by_path_) w.member(path, times);
  w.end_object();
  w.key("by_status");
  w.begin_object();
  for (const auto& [status, times] : by_status_) w.member(std::to_string(status), times);
  w.end_object();
  w.key("recorded");
  w.begin_array();
  for (const Recorded& one : recorded_) {
    w.begin_object();
    w.member("number", one.number);
    w.member("method", one.method);
    w.member("target", one.target);
    w.member("bytes", one.bytes);
    w.member("sha256", one.sha256);
    if (settings_.record_bodies) {
      w.key("headers");
      w.begin_object();
      for (const auto& [name, value] : one.headers) w.member(name, value);
      w.end_object();
      w.member("body", one.body);
    }
    w.end_object();
  }
  w.end_array();
  w.end_object();
  return text;
}

}  // namespace ferry::mock
