#include "serve/gateway/upstreams.h"

#include "serve/providers/local.h"
#include "serve/providers/remote.h"

namespace ferry {
namespace {

bool speaks_openai(const ProviderConfig& provider) {
  return provider.dialect == ProviderDialect::openai;
}

void set_key_header(const ProviderConfig& provider, RemoteSettings& settings) {
  switch (provider.quirks.auth) {
    case ProviderQuirks::Auth::automatic:
      return;
    case ProviderQuirks::Auth::bearer:
      settings.key_header = "authorization";
      settings.key_prefix = "Bearer ";
      return;
    case ProviderQuirks::Auth::x_api_key:
      settings.key_header = "x-api-key";
      return;
    case ProviderQuirks::Auth::none:
      settings.keys.clear();
      return;
  }
}

bool wants_older_names(const ProviderConfig& provider) {
  using Field = ProviderQuirks::MaxTokensField;
  if (provider.quirks.max_tokens_field != Field::automatic) {
    return provider.quirks.max_tokens_field == Field::max_tokens;
  }
  return provider.url.host != "api.openai.com";  // the others speak what OpenAI spoke before
}

Result<HttpOriginSettings> origin_of(const ProviderConfig& provider) {
  HttpOriginSettings origin{.url = provider.url.text(),
                            .ca_file = provider.ca_file.string(),
                            .deny_private = !provider.allow_private,
                            .max_connections = provider.max_connections};
  if (provider.proxy) {
    FERRY_TRY(origin.proxy, parse_http_proxy(provider.proxy->text()));
  }
  return origin;
}

Result<std::shared_ptr<Provider>> open(const ProviderConfig& provider, HttpPool& pool) {
  RemoteSettings settings{.name = provider.name};
  settings.chats = speaks_openai(provider) ? &kOpenAiChat : &kAnthropicMessages;
  settings.prompts = speaks_openai(provider) ? &kOpenAiCompletions : nullptr;
  settings.vectors = speaks_openai(provider) ? &kOpenAiEmbeddings : nullptr;
  for (const SecretRef& secret : provider.keys) {
    FERRY_TRY(std::string key, resolve(secret));
    settings.keys.push_back(std::move(key));
  }
  set_key_header(provider, settings);
  for (const ProviderHeader& header : provider.headers) {
    if (const auto* text = std::get_if<std::string>(&header.value)) {
      settings.headers.push_back({header.name, *text});
    } else {
      FERRY_TRY(std::string value, resolve(std::get<SecretRef>(header.value)));
      settings.secrets.push_back(value);
      settings.headers.push_back({header.name, std::move(value)});
    }
  }
  if (!speaks_openai(provider)) {
    settings.headers.push_back({"anthropic-version", provider.quirks.anthropic_version});
  }
  FERRY_TRY(const HttpOriginSettings origin, origin_of(provider));
  FERRY_TRY(settings.origin, pool.origin(origin));
  settings.base_path = provider.url.path;
  // Anthropic's clients name the server, OpenAI's its /v1.
  if (!speaks_openai(provider) && !settings.base_path.ends_with("/v1")) settings.base_path += "/v1";
  settings.deadlines = {.connect = provider.timeouts.connect,
                        .first_byte = provider.timeouts.first_token,
                        .idle = provider.timeouts.idle,
                        .total = provider.timeouts.total};
  settings.stream_usage = provider.quirks.stream_usage;
  settings.older_names = wants_older_names(provider);
  settings.thinks_adaptively = [provider](std::string_view model) {
    return thinks_adaptively(provider, model);
  };
  return std::shared_ptr<Provider>(make_remote_provider(pool, std::move(settings)));
}

}  // namespace

Result<Upstreams> open_upstreams(const GatewayConfig& config, HttpPool& pool,
                                 std::shared_ptr<Provider> local) {
  Upstreams upstreams;
  for (const auto& [name, provider] : config.providers) {
    if (provider.is_local()) {
      if (local) upstreams.emplace(name, local);
      continue;
    }
    auto opened = open(provider, pool);
    if (!opened) return tl::unexpected(std::move(opened).error().within(fmt::format("providers.{}", name)));
    upstreams.emplace(name, *std::move(opened));
  }
  return upstreams;
}

const WireDialect* dialect_of(const ProviderConfig& provider, const GenerationRequest& request) {
  if (provider.is_local()) return nullptr;
  if (!speaks_openai(provider)) return &kAnthropicMessages;
  if (request.vectors) return &kOpenAiEmbeddings;
  const bool is_chat = !request.messages.empty() || request.prompts.empty();
  return is_chat ? &kOpenAiChat : &kOpenAiCompletions;
}

FeatureSet abilities(const TargetConfig& target) {
  const FeatureSet local = local_features();
  FeatureSet has;
  for (size_t i = 0; i < kFeatures; ++i) {
    const auto feature = static_cast<Feature>(i);
    const bool dialect_has = target.is_local()                 ? local.has(feature)
                             : speaks_openai(*target.provider) ? kOpenAiChat.expressible.has(feature)
                                                               : kAnthropicMessages.expressible.has(feature);
    if (dialect_has && !target.traits.without.has(feature)) has = has.with(feature);
  }
  return has;
}

FeatureSet lacking(const TargetConfig& target, const GenerationRequest& request,
                   const std::vector<FeatureUse>& uses) {
  const WireDialect* dialect = dialect_of(*target.provider, request);
  const FeatureSet local = local_features();
  FeatureSet lacks;
  for (const FeatureUse& use : uses) {
    const bool has = dialect == nullptr ? !use.refusal && local.has(use.feature)
                                        : dialect == request.dialect || dialect->expressible.has(use.feature);
    if (!has) lacks = lacks.with(use.feature);
  }
  return lacks;
}

}  // namespace ferry
