#include "base/net/http_outbox.h"

#include <algorithm>
#include <utility>

#include "base/core/result.h"
#include "base/net/http_response_head.h"

namespace ferry {

HttpOutbox::HttpOutbox(HttpOutboxTerms terms, std::function<void()> wake)
    : terms_(terms), wake_(std::move(wake)) {}

void HttpOutbox::announce() {
  if (woken_ || !wake_) return;
  woken_ = true;
  wake_();
}

// Wakes anew: the connection may have been woken before and be waiting for a client that takes nothing, in
// which case it will not come to take.
void HttpOutbox::cut() {
  phase_ = Phase::cut;
  pending_ = {};
  woken_ = false;
  announce();
}

// `length` is that of the whole body, null where it comes in pieces.
void HttpOutbox::begin(int status, std::string_view content_type, const HttpHeaders& headers,
                       const size_t* length) {
  HttpHead head;
  head.status = status;
  head.content_type = content_type;
  head.is_http_1_0 = terms_.is_http_1_0;
  if (length != nullptr) {
    head.content_length = *length;
  } else if (status_has_body(status)) {
    // HTTP/1.0 knows no chunks: the body ends where the connection does.
    chunked_ = head.chunked = !terms_.is_http_1_0;
    terms_.keep_alive = terms_.keep_alive && !terms_.is_http_1_0;
  }
  head.keep_alive = terms_.keep_alive;
  body_is_sent_ = status_has_body(status) && !terms_.head_only;
  append_head(pending_, head, headers);
}

void HttpOutbox::respond(int status, std::string_view content_type, std::string_view body,
                         const HttpHeaders& headers) {
  std::function<void()> dropped;
  const std::lock_guard lock(mutex_);
  if (phase_ == Phase::cut) return;
  FERRY_CHECK(phase_ == Phase::waiting);
  const size_t length = body.size();
  begin(status, content_type, headers, &length);
  if (body_is_sent_) pending_.append(body);
  phase_ = Phase::ended;
  dropped.swap(on_disconnect_);
  announce();
}

void HttpOutbox::begin_stream(int status, std::string_view content_type, const HttpHeaders& headers) {
  const std::lock_guard lock(mutex_);
  if (phase_ == Phase::cut) return;
  FERRY_CHECK(phase_ == Phase::waiting);
  begin(status, content_type, headers, nullptr);
  phase_ = Phase::streaming;
  announce();
}

bool HttpOutbox::write(std::string_view chunk) {
  const std::lock_guard lock(mutex_);
  if (phase_ == Phase::cut) return false;
  FERRY_CHECK(phase_ == Phase::streaming);
  if (chunk.empty() || !body_is_sent_) return true;
  if (pending_.size() + in_flight_ + chunk.size() > terms_.max_buffered) {
    cut();
    return false;
  }
  if (chunked_) {
    append_chunk(pending_, chunk);
  } else {
    pending_.append(chunk);
  }
  announce();
  return true;
}

void HttpOutbox::end() {
  std::function<void()> dropped;  // destroyed after the lock is released: it may own anything
  const std::lock_guard lock(mutex_);
  if (phase_ == Phase::cut) return;
  FERRY_CHECK(phase_ == Phase::streaming);
  if (chunked_ && body_is_sent_) pending_.append(kLastChunk);
  phase_ = Phase::ended;
  dropped.swap(on_disconnect_);
  announce();
}

void HttpOutbox::abandon() {
  std::function<void()> dropped;
  const std::lock_guard lock(mutex_);
  dropped.swap(on_disconnect_);
  if (phase_ != Phase::ended) cut();
}

void HttpOutbox::on_disconnect(std::function<void()> callback) {
  {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::ended) return;
    if (phase_ != Phase::cut) {
      on_disconnect_ = std::move(callback);
      return;
    }
  }
  callback();
}

bool HttpOutbox::disconnected() const {
  const std::lock_guard lock(mutex_);
  return phase_ == Phase::cut;
}

bool HttpOutbox::ended() const {
  const std::lock_guard lock(mutex_);
  return phase_ == Phase::ended;
}

size_t HttpOutbox::buffered_bytes() const {
  const std::lock_guard lock(mutex_);
  return pending_.size() + in_flight_;
}

HttpOutbox::Progress HttpOutbox::take(std::string& out) {
  const std::lock_guard lock(mutex_);
  woken_ = false;
  if (phase_ == Phase::cut) return Progress::cut;
  in_flight_ += pending_.size();
  if (out.empty()) {
    out.swap(pending_);
  } else {
    out.append(pending_);
    pending_.clear();
  }
  return phase_ == Phase::ended ? Progress::ended : Progress::open;
}

void HttpOutbox::sent(size_t bytes) {
  const std::lock_guard lock(mutex_);
  in_flight_ -= std::min(bytes, in_flight_);
}

void HttpOutbox::disconnect() {
  std::function<void()> callback;
  {
    const std::lock_guard lock(mutex_);
    wake_ = nullptr;
    if (phase_ != Phase::ended) phase_ = Phase::cut;
    pending_ = {};
    in_flight_ = 0;
    callback.swap(on_disconnect_);
  }
  if (callback) callback();
}

void HttpOutbox::forbid_keep_alive() {
  const std::lock_guard lock(mutex_);
  terms_.keep_alive = false;
}

bool HttpOutbox::keep_alive() const {
  const std::lock_guard lock(mutex_);
  return terms_.keep_alive;
}

}  // namespace ferry
