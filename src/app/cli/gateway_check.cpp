#include "app/cli/gateway_check.h"

#include <vector>

#include "app/cli/configuration.h"
#include "base/core/file.h"
#include "serve/gateway/answer_checks.h"

namespace ferry::cli {
namespace {

using Lines = std::vector<std::string>;

std::string_view advice(const SecretRef& secret) {
  return secret.from == SecretRef::From::environment ? "set it where the server starts"
                                                     : "let the server's user read the file, or name another";
}

void check_secret(const std::string& place, const SecretRef& secret, Lines& wrong) {
  const auto resolved = resolve(secret);
  if (!resolved) wrong.push_back(fmt::format("{}: {}: {}", place, resolved.error().message, advice(secret)));
}

void check_provider(const std::string& name, const ProviderConfig& provider, Lines& wrong) {
  for (const SecretRef& key : provider.keys) check_secret(fmt::format("providers.{}.keys", name), key, wrong);
  for (const ProviderHeader& header : provider.headers) {
    if (const auto* secret = std::get_if<SecretRef>(&header.value))
      check_secret(fmt::format("providers.{}.headers.{}", name, header.name), *secret, wrong);
  }
  if (provider.ca_file.empty()) return;
  if (const auto read = read_file(provider.ca_file); !read)
    wrong.push_back(fmt::format("providers.{}.ca_file: {}", name, read.error().message));
}

Result<void> all_or_nothing(const Lines& wrong) {
  if (wrong.empty()) return {};
  return fail(ErrorCode::invalid_argument, "{}", fmt::join(wrong, "\n"));
}

}  // namespace

Result<void> check_secrets(const GatewayConfig& config) {
  Lines wrong;
  for (const auto& [name, provider] : config.providers) check_provider(name, provider, wrong);
  return all_or_nothing(wrong);
}

Result<void> check_gateway(const std::string& yaml, const std::filesystem::path& file,
                           const GatewayConfig& config) {
  Configuration configuration;
  FERRY_TRY_VOID(configuration.settings().read_yaml(yaml, file.string()));
  Lines wrong;
  for (const auto& [name, route] : config.routes) {
    if (const auto compiled = AnswerChecks::compile(route); !compiled)
      wrong.push_back(compiled.error().message);
  }
  if (const auto secrets = check_secrets(config); !secrets) wrong.push_back(secrets.error().message);
  return all_or_nothing(wrong);
}

}  // namespace ferry::cli
