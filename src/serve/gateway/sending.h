#pragma once
// One sending of an exchange to one target: permitted by its breaker, recorded before it leaves, paid for,
// and told to whoever watches.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "serve/gateway/exchange_context.h"
#include "serve/guard/redaction.h"

namespace ferry {

struct SendingTerms {
  const TargetConfig* target = nullptr;
  AttemptRole role = AttemptRole::answer;
  bool redact = false;          // leaves with placeholders only
  FeatureSet missing = {};      // to be dropped from the request
  int64_t reserved = 0;         // for the record
  bool wants_logprobs = false;  // although the client may not have asked for them
  bool wants_answer = false;    // the whole of it is kept, even of a stream
};

// Told on the exchange's thread, one call after the other. After finished or failed, nothing.
class SendingListener {
 public:
  virtual ~SendingListener() = default;
  virtual void started() = 0;
  // Of an answer that does not stream: only the event itself, with what the vendor said. Sending::answer()
  // has the rest.
  virtual void delta(GenerationDelta delta) = 0;
  virtual void finished() = 0;
  virtual void failed(ApiError error) = 0;
};

// Used on the exchange's thread. Who listens closes it, once, after the end or instead of it.
class Sending : public std::enable_shared_from_this<Sending> {
 public:
  Sending(std::shared_ptr<ExchangeContext> exchange, SendingTerms terms,
          std::shared_ptr<SendingListener> listener);

  enum class Begun : uint8_t {
    yes,
    not_permitted,  // by the target's breaker: nobody was asked
    refused,        // see refusal(): nothing was sent
  };
  // What a provider says at once is handed over later as well.
  Begun begin();
  const ApiError& refusal() const { return *refusal_; }

  // Ends it if it runs; then reports, records and prices it. `error`: why it failed; `note`: what the record
  // says of an answer that nobody got.
  void close(Fate fate, const ApiError* error = nullptr, std::string_view note = {});

  const TargetConfig& target() const { return *terms_.target; }
  uint32_t number() const { return number_; }
  const std::vector<FeatureWarning>& warnings() const { return warnings_; }
  bool has_started() const { return first_token_us_ >= 0; }
  int64_t first_token_us() const { return first_token_us_; }  // since it began; -1: none came

  // The answer as far as it has come, with what placeholders stood for. Of a stream empty, unless it is
  // wanted.
  const GenerationResult& answer() const { return answer_; }
  GenerationResult take_answer() { return std::move(answer_); }
  void forget_logprobs();                      // that only the judge of the answer wanted
  bool too_long() const { return too_long_; }  // to be kept whole

  // Once it has finished or failed: the provider's count, or ours where there is none.
  const Usage& usage() const { return usage_; }
  int64_t cost() const { return cost_; }  // once closed; billionths

 private:
  ApiResult<GenerationRequest> request();
  Result<void> redact_for_target(GenerationRequest& request);
  Result<void> record_intent();
  AnswerSink sink();
  template <class What>
  void tell(What what);

  void on_delta(GenerationDelta delta);
  void collect(GenerationDelta delta);
  void count(Fate fate, const ApiError* error);
  void report(Fate fate, const ApiError* error);
  void record(Fate fate, const ApiError* error, std::string_view note);

  const std::shared_ptr<ExchangeContext> exchange_;
  const SendingTerms terms_;
  std::shared_ptr<SendingListener> listener_;  // null once it is closed
  std::shared_ptr<TargetHealth> health_;
  TargetHealth::Permit permit_ = {};
  std::shared_ptr<RunningExchange> running_;
  bool asking_ = false;  // within the call of the provider
  std::optional<ApiError> refusal_;

  Redaction redaction_;
  std::unique_ptr<AnswerRestorer> restorer_;  // where placeholders left
  std::vector<FeatureWarning> warnings_;

  uint32_t number_ = 0;
  int64_t began_us_ = 0;
  int64_t first_token_us_ = -1;
  bool finished_ = false;  // and the answer is whole
  bool ended_ = false;     // the provider has nothing more to say
  GenerationResult answer_;
  bool too_long_ = false;
  int64_t answer_bytes_ = 0;
  Usage usage_;
  UsageSource usage_source_ = UsageSource::estimated;
  int64_t cost_ = 0;
};

}  // namespace ferry
