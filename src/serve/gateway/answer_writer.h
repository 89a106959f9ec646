#pragma once
// Writes a target's answer for the client: the vendor's own bytes where the client speaks its dialect and
// nothing had to be changed in them, otherwise the deltas in the client's dialect.

#include <memory>
#include <string>

#include "serve/gateway/client.h"

namespace ferry {

// One thread at a time.
class AnswerWriter {
 public:
  // `request` as the client meant it (the model's public name); both must outlive the writer.
  AnswerWriter(GatewayClient& client, const WireDialect& dialect, const GenerationRequest& request,
               ExchangeIdentity identity);

  // A part of the answer is there. Headers go out with the first bytes.
  void begin(HttpHeaders headers);
  // Of an answer that goes out whole: the vendor's own, where there is one.
  void delta(GenerationDelta delta);
  // `answer`: as it goes out whole, unless the vendor's own does.
  void finish(const GenerationResult& answer, const Usage& usage);
  // After begin(): an honest end of a stream; instead of a whole answer, a refusal.
  void fail(const ApiError& error);

  // From here on the answer is not the vendor's any more.
  void write_anew();

  bool begun() const { return begun_; }
  // Something has gone to the client, so that no other target can answer any more.
  bool told() const { return begun_ && request_.stream; }

 private:
  void pass_on(const WireEvent& event);
  void write(const GenerationDelta& delta);
  void send(std::string&& bytes);

  GatewayClient& client_;
  const WireDialect& dialect_;
  const GenerationRequest& request_;
  const ExchangeIdentity identity_;
  HttpHeaders headers_;
  bool begun_ = false;
  bool passes_on_ = false;  // the vendor's bytes
  std::unique_ptr<EventWriter> writer_;
  std::string whole_;  // the vendor's
};

}  // namespace ferry
