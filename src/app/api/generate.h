#pragma once
// From a request body to a streamed or whole answer, whatever the dialect.

#include <memory>
#include <string>
#include <string_view>

#include "app/api/call.h"
#include "app/api/service.h"
#include "base/core/function_ref.h"
#include "serve/dialects/exchange.h"
#include "serve/dialects/openai_answer.h"
#include "serve/dialects/openai_error.h"

namespace ferry::api {

// Turns one exchange's pieces into the data of server-sent events. Used by one thread at a time.
class EventStream {
 public:
  using Emit = FunctionRef<void(std::string_view data)>;

  virtual ~EventStream() = default;
  virtual void begin(Emit emit) = 0;
  virtual void delta(const GenerationDelta& delta, Emit emit) = 0;
  virtual void end(const Usage& usage, Emit emit) = 0;
};

// A wire format's half of the work.
struct Dialect {
  std::string_view id_prefix;
  ApiResult<GenerationRequest> (*parse)(std::string_view body);
  std::unique_ptr<EventStream> (*stream)(ExchangeIdentity identity, const GenerationRequest& request);
  std::string (*whole)(const ExchangeIdentity& identity, const GenerationResult& result,
                       const OpenAiAnswerFormat& format);
};

// Reads the request, starts it and returns; the answer is written from the provider's threads. A client that
// goes away cancels it. A failure before the first byte becomes a status; later, the stream ends with an
// error event and without its end mark, so that nobody takes it for whole.
void generate(const Service& service, Call call, const Dialect& dialect);

}  // namespace ferry::api
