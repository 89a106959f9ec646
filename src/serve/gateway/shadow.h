#pragma once
// Targets that are asked beside the one that answers: recorded, compared later, and never returned.

#include "serve/gateway/exchange_context.h"

namespace ferry {

// Each in a reservation of its own: where the budget has no room, or the target's breaker is open, there is
// no shadow, and the exchange goes on as if it had none. On the exchange's thread.
void start_shadows(const std::shared_ptr<ExchangeContext>& exchange, const RoutePlan& plan);

}  // namespace ferry
