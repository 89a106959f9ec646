#pragma once
// The client's end of an exchange, whatever carries it. The gateway calls it from the exchange's network
// thread, one call after the other; nothing follows the last of refuse, whole, end and fail.

#include <memory>
#include <string>
#include <string_view>

#include "base/net/http_types.h"
#include "serve/accounts/principal.h"
#include "serve/dialects/wire_dialect.h"

namespace ferry {

class GatewayClient {
 public:
  virtual ~GatewayClient() = default;

  // Instead of an answer. The status and the body are the callee's.
  virtual void refuse(const ApiError& error, HttpHeaders headers) = 0;
  // The whole answer, a JSON text in the client's dialect.
  virtual void whole(std::string_view body, HttpHeaders headers) = 0;
  // An answer in events: begin, events..., end or fail.
  virtual void begin(HttpHeaders headers) = 0;
  virtual void events(std::string_view bytes) = 0;
  virtual void end() = 0;
  // After begin: `event` tells the client that the answer will not become whole.
  virtual void fail(const ApiError& error, std::string_view event) = 0;
  // Of errors within a stream, whose status nobody sees any more.
  virtual int status_of(const ApiError& error) const = 0;
};

// A request as it came.
struct GatewayCall {
  const WireDialect* dialect = nullptr;
  std::string body;
  HttpHeaders headers = {};
  std::shared_ptr<const Principal> principal;  // never null
};

}  // namespace ferry
