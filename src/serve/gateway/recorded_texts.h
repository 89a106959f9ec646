#pragma once
// The texts of an exchange, as its route wants them kept: whole, or with placeholders for what detectors
// find.

#include <memory>

#include "serve/gateway/exchange_context.h"

namespace ferry {

// Writes request and answer in the client's dialect and hands them to the recorder, on a thread of the
// preparation's. What waits there is bounded: where there is no room, or something in the request cannot be
// redacted (an image), the texts are not kept, and the gateway counts it. REQUIRES: the route records.
void record_texts(std::shared_ptr<const ExchangeContext> exchange, uint32_t attempt, GenerationResult answer);

}  // namespace ferry
