#include "serve/providers/remote.h"

#include "serve/providers/remote_exchange.h"

namespace ferry {
namespace {

class RemoteProvider final : public Provider {
 public:
  RemoteProvider(HttpPool& pool, RemoteSettings settings)
      : vendor_(std::make_shared<RemoteVendor>(pool, std::move(settings))) {}

  std::shared_ptr<RunningExchange> generate(GenerationRequest request, AnswerSink sink) override {
    auto exchange = std::make_shared<RemoteExchange>(vendor_, std::move(request), std::move(sink));
    exchange->start();
    return exchange;
  }

 private:
  std::shared_ptr<RemoteVendor> vendor_;
};

}  // namespace

std::unique_ptr<Provider> make_remote_provider(HttpPool& pool, RemoteSettings settings) {
  return std::make_unique<RemoteProvider>(pool, std::move(settings));
}

}  // namespace ferry
