#include "serve/providers/remote_exchange.h"

#include <algorithm>
#include <chrono>

#include "base/observe/log.h"
#include "serve/dialects/answer_deltas.h"

namespace ferry {
namespace {

constexpr size_t kMaxAnswer = 64 << 20;  // of one that is no stream
constexpr size_t kMaxError = 256 << 10;  // of what an error says, so much is read
constexpr auto kRefusedKeyRests = std::chrono::minutes(1);
constexpr auto kUsedUpKeyRests = std::chrono::seconds(5);  // where the vendor does not say how long

const WireDialect* dialect_for(const RemoteSettings& settings, const GenerationRequest& request) {
  if (request.vectors) return settings.vectors;
  return request.messages.empty() && !request.prompts.empty() ? settings.prompts : settings.chats;
}

bool is_event_stream(const HttpResponseHead& head) {
  const std::string_view type = head.header("content-type").value_or("");
  constexpr std::string_view kType = "text/event-stream";
  return type.size() >= kType.size() && equal_ignoring_case(type.substr(0, kType.size()), kType);
}

bool is_of_the_key(ErrorKind kind) {
  return kind == ErrorKind::authentication || kind == ErrorKind::billing || kind == ErrorKind::rate_limited;
}

ErrorKind kind_of(HttpFailure failure) {
  switch (failure) {
    case HttpFailure::timeout_connect:
    case HttpFailure::timeout_first_byte:
    case HttpFailure::timeout_idle:
    case HttpFailure::timeout_total:
      return ErrorKind::timeout;
    case HttpFailure::malformed:
    case HttpFailure::too_large:
      return ErrorKind::unreadable;
    default:
      return ErrorKind::server;
  }
}

// For applications, which need not know where a vendor's server stands.
std::string_view what_happened(HttpFailure failure) {
  switch (failure) {
    case HttpFailure::resolve:
      return "its name could not be resolved";
    case HttpFailure::denied:
      return "its address is not one that may be connected to";
    case HttpFailure::busy:
      return "all connections to it are in use";
    case HttpFailure::tls:
      return "no secure connection could be made";
    case HttpFailure::invalid:
    case HttpFailure::connect:
    case HttpFailure::proxy:
      return "it could not be reached";
    case HttpFailure::timeout_connect:
    case HttpFailure::timeout_first_byte:
    case HttpFailure::timeout_idle:
    case HttpFailure::timeout_total:
      return "it did not answer in time";
    case HttpFailure::closed_before_head:
    case HttpFailure::cut:
    case HttpFailure::cancelled:
      return "the connection ended before the answer was whole";
    case HttpFailure::malformed:
    case HttpFailure::too_large:
      break;
  }
  return "what it answered cannot be read";
}

std::vector<std::string> secrets_of(const RemoteSettings& settings) {
  std::vector<std::string> secrets = settings.keys;
  secrets.insert(secrets.end(), settings.secrets.begin(), settings.secrets.end());
  return secrets;
}

}  // namespace

RemoteVendor::RemoteVendor(HttpPool& its_pool, RemoteSettings its_settings)
    : pool(its_pool), settings(std::move(its_settings)), secrets(secrets_of(settings)), keys(settings.keys) {}

RemoteExchange::RemoteExchange(std::shared_ptr<RemoteVendor> vendor, GenerationRequest request,
                               AnswerSink sink)
    : vendor_(std::move(vendor)),
      request_(std::move(request)),
      dialect_(dialect_for(vendor_->settings, request_)),
      passes_on_(request_.wire && request_.wire->dialect == dialect_),
      sink_(std::move(sink)) {}

void RemoteExchange::start() {
  const std::lock_guard lock(mutex_);
  if (dialect_ == nullptr) {
    const bool text = !request_.vectors;
    return fail({{ErrorCode::unsupported,
                  fmt::format("{} {}", vendor_->settings.name,
                              text ? "takes chats, no raw prompts: send messages" : "makes no embeddings")},
                 text ? "prompt" : "model",
                 "unsupported_by_target"});
  }
  auto written = write();
  if (!written) return fail(std::move(written).error());
  body_ = std::make_shared<const std::string>(std::move(written->body));
  body_headers_ = std::move(written->headers);
  if (!vendor_->keys.empty()) key_ = vendor_->keys.next(std::chrono::steady_clock::now());
  send();
}

ApiResult<WireRequest> RemoteExchange::write() const {
  const RemoteSettings& settings = vendor_->settings;
  const bool adapts = settings.thinks_adaptively && settings.thinks_adaptively(request_.model);
  const WriteOptions options{.model = request_.model,
                             .max_tokens = settings.max_tokens,
                             .include_usage = settings.stream_usage,
                             .older_names = settings.older_names,
                             .adaptive_thinking = adapts};
  return passes_on_ ? dialect_->patch_request(request_.wire->bytes, request_, options)
                    : dialect_->write_request(request_, options);
}

HttpHeaders RemoteExchange::headers() const {
  const RemoteSettings& settings = vendor_->settings;
  HttpHeaders headers{{"content-type", "application/json"},
                      {"accept", request_.stream ? "text/event-stream" : "application/json"}};
  const auto add = [&](const std::string& name, const std::string& value) {
    if (!find_header(headers, name)) headers.push_back({name, value});
  };
  if (passes_on_) {
    for (const auto& [name, value] : request_.wire->headers) add(name, value);
  }
  for (const auto& [name, value] : body_headers_) add(name, value);
  if (!request_.traceparent.empty()) add("traceparent", request_.traceparent);
  for (const HttpHeader& header : settings.headers) add(header.name, header.value);
  if (key_) {
    const bool own = !settings.key_header.empty();
    const std::string_view prefix = own ? std::string_view(settings.key_prefix) : dialect_->key_prefix;
    headers.push_back({own ? settings.key_header : std::string(dialect_->key_header),
                       std::string(prefix) + vendor_->keys.key(*key_)});
  }
  return headers;
}

void RemoteExchange::send() {
  HttpPoolCall call;
  call.origin = vendor_->settings.origin;
  call.target = vendor_->settings.base_path + std::string(dialect_->path);
  call.headers = headers();
  call.body = body_;
  call.deadlines = vendor_->settings.deadlines;
  ++keys_tried_;
  call_ = vendor_->pool.send(std::move(call), shared_from_this());
}

void RemoteExchange::cancel() {
  const std::lock_guard lock(mutex_);
  if (over_) return;
  over_ = true;
  sink_ = {};
  call_.cancel();
}

void RemoteExchange::on_head(HttpResponseHead head) {
  const std::lock_guard lock(mutex_);
  if (over_) return;
  status_ = head.status;
  streams_ = status_ / 100 == 2 && request_.stream && is_event_stream(head);
  if (streams_) reader_ = dialect_->read_events();
  text_.clear();
  head_.clear();
  for (HttpHeader& header : head.headers) {
    std::transform(header.name.begin(), header.name.end(), header.name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
    head_.emplace_back(std::move(header.name), std::move(header.value));
  }
}

void RemoteExchange::on_body(std::string_view piece) {
  const std::lock_guard lock(mutex_);
  if (over_) return;
  if (streams_) return read_events(piece);
  if (status_ / 100 == 2) {
    if (text_.size() + piece.size() > kMaxAnswer) {
      fail(failed_to(ErrorKind::unreadable, ErrorCode::unavailable, "too_large", "the answer is too large"));
      return call_.cancel();
    }
    text_ += piece;
  } else {
    text_ += piece.substr(0, kMaxError - std::min(kMaxError, text_.size()));
  }
}

void RemoteExchange::read_events(std::string_view bytes) {
  while (const SseEvent* event = events_.next(bytes)) {
    take(*event);
    if (over_) return;
  }
  if (events_.failed()) {
    fail(failed_to(ErrorKind::unreadable, ErrorCode::unavailable, "too_large", "an event is too large"));
    call_.cancel();
  }
}

void RemoteExchange::take(const SseEvent& event) {
  EventReading reading = reader_->read(event.name, event.data);
  if (reading.usage) usage_ = *reading.usage;
  if (reading.error) {
    reading.error->reason = fmt::format("upstream_{}", to_string(reading.error->kind));
    fail(*std::move(reading.error));
    return call_.cancel();
  }
  const bool ended = reading.ended;
  give(std::move(reading), event);
  if (!ended || over_) return;
  finish();
  // What may still come says nothing any more; read to its end, the connection can be used again.
}

void RemoteExchange::give(EventReading reading, const SseEvent& event) {
  begin();
  if (reading.only_usage && !request_.stream_usage) return;
  if (passes_on_) {
    if (reading.deltas.empty()) reading.deltas.emplace_back();
    reading.deltas.front().wire =
        std::make_shared<const WireEvent>(WireEvent{std::string(event.name), std::string(event.data)});
  }
  for (GenerationDelta& delta : reading.deltas) {
    if (over_) return;
    sink_.delta(std::move(delta));
  }
}

void RemoteExchange::on_end() {
  const std::lock_guard lock(mutex_);
  if (over_) return;
  if (streams_) {
    return fail(failed_to(ErrorKind::server, ErrorCode::unavailable, "cut",
                          "the stream ended before the answer was whole"));
  }
  if (status_ / 100 == 2) return take_whole();
  ApiError error = dialect_->read_error(status_, head_, text_);
  error.reason = fmt::format("upstream_{}", to_string(error.kind));
  if (try_another_key(error)) return;
  fail(std::move(error));
}

void RemoteExchange::take_whole() {
  auto answer = dialect_->read_answer(text_);
  if (!answer) return fail(std::move(answer).error());
  const size_t came = answer->result.choices.size();
  if (request_.vectors && came != request_.prompts.size()) {
    return fail(failed_to(ErrorKind::unreadable, ErrorCode::unavailable, "unreadable",
                          fmt::format("{} vectors came for {} inputs", came, request_.prompts.size())));
  }
  usage_ = answer->result.usage;
  std::vector<GenerationDelta> deltas = deltas_of(answer->result);
  if (passes_on_ && !request_.stream) {
    if (deltas.empty()) deltas.emplace_back();
    deltas.front().wire = std::make_shared<const WireEvent>(WireEvent{{}, std::move(text_)});
  }
  begin();
  for (GenerationDelta& delta : deltas) {
    if (over_) return;
    sink_.delta(std::move(delta));
  }
  if (!over_) finish();
}

// Where this key is refused or used up, and another is not.
bool RemoteExchange::try_another_key(const ApiError& error) {
  if (!key_ || !is_of_the_key(error.kind)) return false;
  const auto now = std::chrono::steady_clock::now();
  const auto named = std::chrono::milliseconds(static_cast<int64_t>(error.retry_after_s * 1000));
  const auto used_up = named.count() > 0 ? named : std::chrono::milliseconds(kUsedUpKeyRests);
  vendor_->keys.rest(*key_, now + (error.kind == ErrorKind::rate_limited ? used_up : kRefusedKeyRests));
  const auto other = vendor_->keys.another(*key_, now);
  if (!other || keys_tried_ >= vendor_->settings.keys.size()) return false;
  key_ = other;
  send();
  return true;
}

void RemoteExchange::on_error(const HttpCallFailure& failure) {
  const std::lock_guard lock(mutex_);
  if (over_) return;
  log_warning("a vendor's server failed", {{"provider", vendor_->settings.name}, {"error", failure.message}});
  fail(failed_to(kind_of(failure.kind), ErrorCode::unavailable, to_string(failure.kind),
                 what_happened(failure.kind)));
}

void RemoteExchange::begin() {
  if (begun_ || over_) return;
  begun_ = true;
  sink_.started();
}

void RemoteExchange::finish() {
  over_ = true;
  const AnswerSink sink = std::exchange(sink_, {});
  sink.finished(usage_);
}

void RemoteExchange::fail(ApiError error) {
  over_ = true;
  error.error.message = vendor_->secrets.hide(std::move(error.error.message));
  error.param = vendor_->secrets.hide(std::move(error.param));
  const AnswerSink sink = std::exchange(sink_, {});
  sink.failed(std::move(error));
}

ApiError RemoteExchange::failed_to(ErrorKind kind, ErrorCode code, std::string_view what,
                                   std::string_view message) const {
  return {.error = {code, fmt::format("{}: {}", vendor_->settings.name, message)},
          .param = {},
          .reason = fmt::format("upstream_{}", what),
          .kind = kind,
          .upstream_status = status_};
}

}  // namespace ferry
