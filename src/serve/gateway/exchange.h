#pragma once
// One exchange on its way through the gateway. Everything happens on one network thread: what providers and
// clients say from other threads is handed to it.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/core/rng.h"
#include "serve/gateway/answer_writer.h"
#include "serve/gateway/gateway.h"
#include "serve/guard/exchange_walk.h"
#include "serve/guard/redaction.h"
#include "serve/route/route_plan.h"

namespace ferry {

class GatewayExchange final : public GatewayHandle, public std::enable_shared_from_this<GatewayExchange> {
 public:
  GatewayExchange(Gateway& gateway, GatewayCall call, std::unique_ptr<GatewayClient> client);
  ~GatewayExchange() override;

  void start();
  void cancel() override;
  void end(ApiError error) override;

 private:
  // One sending to one target.
  struct Attempt {
    uint32_t number = 0;
    const PlannedTarget* planned = nullptr;
    TargetHealth::Permit permit = {};
    std::shared_ptr<RunningExchange> running = {};
    std::unique_ptr<Redaction> redaction = {};  // where the target may see placeholders only
    std::unique_ptr<AnswerRestorer> restorer = {};
    int64_t began_us = 0;
    int64_t first_token_us = -1;
  };

  // The path, in this order; each says no by refusing and returning false.
  void run();
  bool read();
  bool find_route();
  bool admit();
  bool look_into();
  bool plan();
  const FeatureUse* first_missing() const;
  bool reserve();
  void try_next();

  bool attempt(const PlannedTarget& planned);
  ApiResult<GenerationRequest> request_for(const PlannedTarget& planned, Attempt& attempt);
  Result<void> record_intent(const PlannedTarget& planned, const Attempt& attempt);
  AnswerSink sink_for(uint32_t attempt);

  void started();
  void delta(GenerationDelta delta);
  void finished(const Usage& usage);
  void failed(ApiError error);
  void stop();  // nobody wants the answer any more

  // Reports, records and pays for the attempt that runs.
  void close_attempt(Fate fate, TargetOutcome outcome, const Usage& usage, UsageSource source,
                     const ApiError* error);
  void settle();
  void refuse(ApiError error, HttpHeaders headers = {});
  void record_refusal(Fate fate, const ApiError& error);
  HttpHeaders answer_headers() const;
  HttpHeaders limit_headers() const;
  Duration pause_before_retry();
  bool out_of_time() const;

  // Runs it on the exchange's thread: at once where this is it.
  void on_thread(std::function<void(GatewayExchange&)> task);

  Gateway& gateway_;
  const std::shared_ptr<const GatewaySnapshot> snapshot_;
  GatewayCall call_;
  const std::unique_ptr<GatewayClient> client_;
  const size_t thread_;
  const ExchangeId id_;
  const int64_t began_us_;
  Rng rng_;

  GenerationRequest request_;
  std::vector<FeatureUse> features_;
  const RouteConfig* route_ = nullptr;
  RouteFacts facts_;
  RoutePlan plan_;
  std::optional<Admission> admission_;
  std::optional<Reservation> reservation_;
  std::vector<FeatureWarning> warnings_;
  std::unique_ptr<AnswerWriter> writer_;

  std::optional<Attempt> attempt_;
  bool starting_ = false;  // the provider is being asked: what it says at once is handed over as well
  uint32_t attempts_ = 0;
  size_t next_target_ = 0;  // of the plan
  std::optional<ApiError> last_error_;
  int64_t cost_ = 0;  // of all attempts
  int64_t tokens_ = 0;
  bool over_ = false;
};

}  // namespace ferry
