#pragma once
// What stands between an exchange, written by any thread, and its connection, which lives on one: the bytes
// of the response that the socket has not taken yet. Knows no socket.

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "base/net/http_types.h"

namespace ferry {

struct HttpOutboxTerms {
  bool is_http_1_0 = false;
  bool head_only = false;   // the request was HEAD: no body is sent
  bool keep_alive = true;   // as far as request and server allow it
  size_t max_buffered = 0;  // of a streamed body
};

class HttpOutbox {
 public:
  // `wake` tells the connection that there is something to take. It is called by any thread with the lock
  // held, so it must only post; never after disconnect() has returned.
  HttpOutbox(HttpOutboxTerms terms, std::function<void()> wake);

  // For the exchange; the contract is HttpExchange's.
  void respond(int status, std::string_view content_type, std::string_view body, const HttpHeaders& headers);
  void begin_stream(int status, std::string_view content_type, const HttpHeaders& headers);
  bool write(std::string_view chunk);
  void end();
  void abandon();
  void on_disconnect(std::function<void()> callback);
  bool disconnected() const;
  size_t buffered_bytes() const;

  // For the connection.
  enum class Progress { open, ended, cut };
  // Appends what waits to `out`. `ended`: nothing follows; `cut`: the connection must be cut.
  Progress take(std::string& out);
  bool ended() const;
  // So many of the bytes taken have reached the socket.
  void sent(size_t bytes);
  // The connection is gone: calls the callback, unless the response had ended.
  void disconnect();
  // The connection closes after this response; says so in its head if that is still possible.
  void forbid_keep_alive();
  bool keep_alive() const;

 private:
  enum class Phase { waiting, streaming, ended, cut };

  void begin(int status, std::string_view content_type, const HttpHeaders& headers, const size_t* length);
  void announce();
  void cut();

  mutable std::mutex mutex_;
  // All below are guarded by mutex_.
  HttpOutboxTerms terms_;
  std::function<void()> wake_;  // empty once the connection is gone
  bool woken_ = false;          // wake_ was called and nothing was taken since
  Phase phase_ = Phase::waiting;
  bool body_is_sent_ = true;  // false for HEAD and for statuses without a body
  bool chunked_ = false;
  std::string pending_;
  size_t in_flight_ = 0;  // taken, not sent
  std::function<void()> on_disconnect_;
};

}  // namespace ferry
