#include "serve/gateway/shadow.h"

#include <utility>

#include "serve/gateway/recorded_texts.h"
#include "serve/gateway/sending.h"

namespace ferry {
namespace {

class Shadow final : public SendingListener,
                     public ShadowHandle,
                     public std::enable_shared_from_this<Shadow> {
 public:
  Shadow(std::shared_ptr<ExchangeContext> exchange, Reservation reservation)
      : exchange_(std::move(exchange)), reservation_(std::move(reservation)) {}

  // Kept alive by its sending, until that is closed.
  void start(const PlannedShadow& planned) {
    sending_ = std::make_shared<Sending>(exchange_,
                                         SendingTerms{.target = planned.target,
                                                      .role = AttemptRole::shadow,
                                                      .redact = planned.redact,
                                                      .missing = planned.missing,
                                                      .reserved = reservation_.amount(),
                                                      .wants_answer = records()},
                                         shared_from_this());
    if (sending_->begin() != Sending::Begun::yes) return reservation_.release();
    exchange_->gateway.keep(weak_from_this());
  }

  void started() override {}
  void delta(GenerationDelta) override {}
  void finished() override { close(Fate::ok); }
  void failed(ApiError error) override { close(Fate::failed, &error); }

  // The gateway stops.
  size_t thread() const override { return exchange_->thread; }
  void stop() override { close(Fate::cancelled); }

 private:
  bool records() const { return exchange_->route->record != RecordPolicy::off; }

  void close(Fate fate, const ApiError* error = nullptr) {
    const auto self = shared_from_this();
    const std::shared_ptr<Sending> sending = std::exchange(sending_, nullptr);
    if (!sending) return;
    sending->close(fate, error);
    reservation_.settle(sending->cost());
    if (fate == Fate::ok && records() && !sending->too_long()) {
      record_texts(exchange_, sending->number(), sending->take_answer());
    }
  }

  const std::shared_ptr<ExchangeContext> exchange_;
  Reservation reservation_;
  std::shared_ptr<Sending> sending_;
};

WallTime wall_now() {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace

void start_shadows(const std::shared_ptr<ExchangeContext>& exchange, const RoutePlan& plan) {
  for (const PlannedShadow& planned : plan.shadows) {
    auto reserved = exchange->gateway.accounts().reserve(exchange->call.principal,
                                                         planned.estimate.value_or(0), wall_now());
    if (!reserved) continue;
    std::make_shared<Shadow>(exchange, *std::move(reserved))->start(planned);
  }
}

}  // namespace ferry
