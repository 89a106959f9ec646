#pragma once
// One exchange on its way through the gateway. Everything happens on one network thread, but for the reading
// of long requests: what providers and clients say from other threads is handed to it.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/core/rng.h"
#include "serve/gateway/answer_cache.h"
#include "serve/gateway/answer_checks.h"
#include "serve/gateway/answer_writer.h"
#include "serve/gateway/moderator.h"
#include "serve/gateway/sending.h"

namespace ferry {

class GatewayExchange final : public GatewayHandle,
                              public SendingListener,
                              public std::enable_shared_from_this<GatewayExchange> {
 public:
  GatewayExchange(Gateway& gateway, GatewayCall call, std::unique_ptr<GatewayClient> client);
  ~GatewayExchange() override;

  void start();
  void cancel() override;
  void end(ApiError error) override;

 private:
  // The path, in this order; each says no by refusing and returning false.
  void prepare();
  void go();
  bool read();
  bool find_route();
  bool admit();
  bool look_into();
  bool plan();
  bool ask_cache();  // also false where it has the answer
  bool reserve();
  void try_next();
  bool send_to(const PlannedTarget& planned);

  // What the target says.
  void started() override;
  void delta(GenerationDelta delta) override;
  void finished() override;
  void failed(ApiError error) override;

  // What becomes of an answer that is whole.
  void escalate(const std::string& reason);
  void look_at_answer();
  void deliver();
  void block();                           // a guardrail forbids it, or what follows of it
  void remember(const Sending& sending);  // in the cache
  void keep_texts(Sending& sending);      // in the record; takes its answer

  void begin_answer(HttpHeaders headers);
  HttpHeaders answer_headers(std::string_view target) const;
  HttpHeaders limit_headers() const;
  void answer_from(const CachedAnswer& cached);
  void replay(const GenerationResult& answer);

  void close(Fate fate, const ApiError* error = nullptr, std::string_view note = {});
  void give_up();
  void stop();  // nobody wants the answer any more
  void refuse(Fate fate, ApiError error);
  void record_unsent(Fate fate, const ApiError* error, const CachedAnswer* cached);
  const FeatureUse* first_missing() const;
  bool out_of_time() const;

  // The end, once: settles, and tells whoever watches.
  void conclude(Fate fate, int status, std::string_view error_kind = {});
  void tell_began();

  // Runs it on the exchange's thread: at once where this is it.
  void on_thread(std::function<void(GatewayExchange&)> task);

  Gateway& gateway_;
  const std::shared_ptr<ExchangeContext> context_;
  const std::unique_ptr<GatewayClient> client_;
  Rng rng_;

  std::optional<LoadShare> share_;
  std::optional<ApiResult<GenerationRequest>> reading_;  // between prepare() and read()
  std::optional<Inspection> inspection_;                 // where the configuration detects
  std::shared_ptr<const AnswerChecks> checks_;
  RoutePlan plan_;
  std::optional<Admission> admission_;
  bool admission_open_ = false;  // it is read even when it is over, for headers
  std::optional<Reservation> reservation_;

  CacheUse cache_use_ = CacheUse::none;
  std::optional<AnswerKey> cache_key_;  // where the answer may be kept
  uint64_t cache_epoch_ = 0;

  size_t next_target_ = 0;  // of the plan
  int failures_ = 0;
  std::shared_ptr<Sending> sending_;
  std::optional<ApiError> last_error_;
  bool shadows_begun_ = false;

  bool holds_ = false;  // nothing goes out before the answer is whole and good
  std::vector<GenerationDelta> held_;
  std::unique_ptr<AnswerWatch> watch_;  // of a stream that is not held
  std::vector<int> ended_choices_;      // of a stream that is watched
  std::optional<std::string> finding_;  // of a guardrail
  std::shared_ptr<Moderator> moderation_;
  std::string escalation_;                    // why the cascade went on; empty: it did not
  std::shared_ptr<const CachedAnswer> kept_;  // the cascade's first, should nobody else answer
  std::unique_ptr<AnswerWriter> writer_;

  int64_t cost_ = 0;  // of all attempts
  int64_t tokens_ = 0;
  int64_t first_out_us_ = -1;  // since it began
  bool told_began_ = false;
  bool over_ = false;
};

}  // namespace ferry
