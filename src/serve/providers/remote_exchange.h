#pragma once
// One exchange with a vendor: remote.h has what is promised.

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/net/http_pool.h"
#include "base/net/sse_reader.h"
#include "serve/providers/hidden_secrets.h"
#include "serve/providers/key_ring.h"
#include "serve/providers/remote.h"

namespace ferry {

// What the exchanges with a vendor share.
struct RemoteVendor {
  RemoteVendor(HttpPool& its_pool, RemoteSettings its_settings);

  HttpPool& pool;
  const RemoteSettings settings;
  const HiddenSecrets secrets;  // keys and others
  KeyRing keys;
};

class RemoteExchange final : public RunningExchange,
                             public HttpCallSink,
                             public std::enable_shared_from_this<RemoteExchange> {
 public:
  RemoteExchange(std::shared_ptr<RemoteVendor> vendor, GenerationRequest request, AnswerSink sink);

  void start();
  void cancel() override;

  void on_head(HttpResponseHead head) override;
  void on_body(std::string_view piece) override;
  void on_end() override;
  void on_error(const HttpCallFailure& failure) override;

 private:
  ApiResult<WireRequest> write() const;
  HttpHeaders headers() const;
  void send();
  bool try_another_key(const ApiError& error);

  void read_events(std::string_view bytes);
  void take(const SseEvent& event);
  void give(EventReading reading, const SseEvent& event);
  void take_whole();
  void begin();
  void finish();
  void fail(ApiError error);
  ApiError failed_to(ErrorKind kind, ErrorCode code, std::string_view what, std::string_view message) const;

  const std::shared_ptr<RemoteVendor> vendor_;
  const GenerationRequest request_;
  const WireDialect* const dialect_;  // null: the vendor takes no such request
  const bool passes_on_;              // the client's bytes, and the vendor's to it

  // Held while the sink is called, so that cancel() can promise that it is not called again; recursive, since
  // those calls may cancel.
  std::recursive_mutex mutex_;
  AnswerSink sink_;  // guarded by mutex_, as what follows
  bool over_ = false;
  bool begun_ = false;
  HttpCallHandle call_;

  std::shared_ptr<const std::string> body_;
  WireHeaders body_headers_;
  std::optional<size_t> key_;
  size_t keys_tried_ = 0;

  // Of the response.
  int status_ = 0;
  WireHeaders head_;
  bool streams_ = false;
  std::string text_;  // of a response that is no stream
  SseReader events_;
  std::unique_ptr<EventReader> reader_;
  Usage usage_;
};

}  // namespace ferry
