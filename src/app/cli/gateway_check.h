#pragma once
// What else must hold of a configuration before a gateway runs it, beside what the file itself says.

#include <filesystem>
#include <string>

#include "base/core/result.h"
#include "serve/route/gateway_config.h"

namespace ferry::cli {

// Secrets that are set and files that can be read, where this process runs. Errors: all of them, a line each,
// with the provider and what to do; never a secret.
Result<void> check_secrets(const GatewayConfig& config);

// The whole: the settings in the file's text, each route's rules for answers, and secrets.
Result<void> check_gateway(const std::string& yaml, const std::filesystem::path& file,
                           const GatewayConfig& config);

}  // namespace ferry::cli
