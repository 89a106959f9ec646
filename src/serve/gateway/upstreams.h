#pragma once
// The providers of a configuration, made ready to be asked.

#include <map>
#include <memory>
#include <string>

#include "base/net/http_pool.h"
#include "serve/providers/provider.h"
#include "serve/route/gateway_config.h"

namespace ferry {

// By the configuration's names.
using Upstreams = std::map<std::string, std::shared_ptr<Provider>, std::less<>>;

// Reads keys and CA files: not on network threads. `local` runs the provider of that name. Errors say which
// provider, and never a secret.
Result<Upstreams> open_upstreams(const GatewayConfig& config, HttpPool& pool,
                                 std::shared_ptr<Provider> local);

// The dialect in which a target is asked for this request; null: in none, as our engine is.
const WireDialect* dialect_of(const ProviderConfig& provider, const GenerationRequest& request);

// Of what the request uses, the features that the target's dialect, or our engine, does not have. What the
// configuration says that the model lacks is not among them: see TargetConfig::traits.
FeatureSet lacking(const TargetConfig& target, const GenerationRequest& request,
                   const std::vector<FeatureUse>& uses);

// What a chat of another dialect may ask of the target, by its dialect and what the configuration says of its
// model; for GET /v1/capabilities.
FeatureSet abilities(const TargetConfig& target);

}  // namespace ferry
