#include <algorithm>

#include "serve/route/config_linker.h"

namespace ferry {
namespace {

constexpr std::string_view kLocal = "local";
constexpr std::string_view kReserved[] = {"route"};
constexpr std::string_view kDialects[] = {"openai", "anthropic"};
constexpr std::string_view kAuths[] = {"bearer", "x_api_key", "none"};
constexpr std::string_view kMaxTokensFields[] = {"max_tokens", "max_completion_tokens"};
constexpr Duration kLeastTimeout{1};
constexpr Duration kMostTimeout = std::chrono::hours(24);
constexpr int64_t kMostTokens = int64_t{1} << 40;

bool is_token_char(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";  // RFC 9110, 5.6.2
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kOthers.find(c) != std::string_view::npos;
}

bool is_header_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c == '\t' || (c >= ' ' && c < 0x7F); });
}

// Headers that the gateway writes itself, or that belong to one connection.
bool is_our_header(std::string_view lower_name) {
  constexpr std::string_view kNames[] = {"authorization",
                                         "x-api-key",
                                         "host",
                                         "content-length",
                                         "transfer-encoding",
                                         "connection",
                                         "upgrade",
                                         "content-type",
                                         "te",
                                         "trailer",
                                         "expect",
                                         "anthropic-version",
                                         "accept-encoding",
                                         "keep-alive",
                                         "proxy-authorization"};
  return std::find(std::begin(kNames), std::end(kNames), lower_name) != std::end(kNames);
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::optional<SecretRef> secret_ref(std::string_view text) {
  if (text.starts_with("env:") && text.size() > 4)
    return SecretRef{SecretRef::From::environment, std::string(text.substr(4))};
  if (text.starts_with("file:") && text.size() > 5)
    return SecretRef{SecretRef::From::file, std::string(text.substr(5))};
  return std::nullopt;
}

SecretRef placed(SecretRef secret, const ConfigLinker& linker) {
  if (secret.from == SecretRef::From::file) secret.name = (linker.options.folder / secret.name).string();
  return secret;
}

// The value is not told: it may be a key.
std::vector<SecretRef> read_keys(const ConfigValue& value, const ConfigLinker& linker) {
  std::vector<SecretRef> keys;
  for (const ConfigValue& item : value.items()) {
    const auto secret = item.node().is_scalar() ? secret_ref(item.node().text) : std::nullopt;
    if (!secret) {
      item.error("must be env:NAME or file:PATH: a key itself does not belong in this file");
    } else if (SecretRef key = placed(*secret, linker);
               std::find(keys.begin(), keys.end(), key) != keys.end()) {
      item.error("is there twice: " + secret->text());
    } else {
      keys.push_back(std::move(key));
    }
  }
  return keys;
}

std::vector<ProviderHeader> read_headers(const ConfigValue& value, const ConfigLinker& linker) {
  std::vector<ProviderHeader> headers;
  for (const auto& [name, written] : value.entries()) {
    if (!std::all_of(name.begin(), name.end(), is_token_char)) {
      written.error("is no name of a header");
      continue;
    }
    if (is_our_header(lower(name))) {
      written.error("is a header that Ferry writes itself");
      continue;
    }
    const auto text = written.text();
    if (!text) continue;
    if (const auto secret = secret_ref(*text)) {
      headers.push_back({name, placed(*secret, linker)});
    } else if (is_header_value(*text)) {
      headers.push_back({name, *text});
    } else {
      written.error("must be visible ASCII characters");
    }
  }
  std::sort(headers.begin(), headers.end(),
            [](const ProviderHeader& a, const ProviderHeader& b) { return a.name < b.name; });
  return headers;
}

ProviderTimeouts read_timeouts(const ConfigMap& map) {
  ProviderTimeouts timeouts;
  const auto read = [&](std::string_view name, Duration& timeout) {
    if (const auto value = map.find(name)) set(timeout, value->duration(kLeastTimeout, kMostTimeout));
  };
  read("connect", timeouts.connect);
  read("first_token", timeouts.first_token);
  read("idle", timeouts.idle);
  read("total", timeouts.total);
  if (timeouts.connect > timeouts.total || timeouts.first_token > timeouts.total)
    map.value().error("has a total that is shorter than one of its parts");
  return timeouts;
}

ProviderQuirks read_quirks(const ConfigMap& map) {
  ProviderQuirks quirks;
  if (const auto value = map.find("auth")) {
    constexpr ProviderQuirks::Auth kValues[] = {ProviderQuirks::Auth::bearer, ProviderQuirks::Auth::x_api_key,
                                                ProviderQuirks::Auth::none};
    if (const auto which = value->one_of(kAuths)) quirks.auth = kValues[*which];
  }
  if (const auto value = map.find("max_tokens_field")) {
    constexpr ProviderQuirks::MaxTokensField kValues[] = {
        ProviderQuirks::MaxTokensField::max_tokens, ProviderQuirks::MaxTokensField::max_completion_tokens};
    if (const auto which = value->one_of(kMaxTokensFields)) quirks.max_tokens_field = kValues[*which];
  }
  if (const auto value = map.find("stream_usage")) set(quirks.stream_usage, value->flag());
  if (const auto value = map.find("anthropic_version")) set(quirks.anthropic_version, value->name());
  return quirks;
}

ModelTraits read_traits(const ConfigMap& map, ConfigLinker& linker) {
  ModelTraits traits;
  if (const auto value = map.find("context")) set(traits.context, value->integer(1, kMostTokens));
  if (const auto value = map.find("max_output")) set(traits.max_output, value->integer(1, kMostTokens));
  if (const auto value = map.find("without")) traits.without = linker.features(*value);
  if (const auto value = map.find("adaptive_thinking")) traits.adaptive_thinking = value->flag();
  return traits;
}

void read_models(const ConfigValue& value, ProviderConfig& provider, ConfigLinker& linker) {
  for (const auto& [name, written] : value.entries()) {
    if (const auto map = written.map()) provider.models.emplace(name, read_traits(*map, linker));
  }
}

void check_reach(const ConfigMap& map, const ProviderConfig& provider) {
  if (provider.url.host.empty() || provider.allow_private) return;
  const auto url = map.find("url");
  if (is_private_host(provider.url.host)) {
    url->error(fmt::format("leads to {}, which is not public: say `allow_private: true` if that is meant",
                           provider.url.host));
  } else if (!provider.url.tls) {
    url->error(
        "sends keys and prompts in the clear: use https://, or say `allow_private: true` in a network of "
        "yours");
  }
}

void read_remote(const ConfigMap& map, ProviderConfig& provider, ConfigLinker& linker) {
  if (const auto value = map.require("dialect")) {
    constexpr ProviderDialect kValues[] = {ProviderDialect::openai, ProviderDialect::anthropic};
    if (const auto which = value->one_of(kDialects)) provider.dialect = kValues[*which];
  }
  if (const auto value = map.require("url")) set(provider.url, value->parsed(parse_upstream_url));
  if (const auto value = map.find("keys")) provider.keys = read_keys(*value, linker);
  if (const auto value = map.find("region")) set(provider.region, value->name());
  if (const auto value = map.find("proxy")) {
    set(provider.proxy, value->parsed(parse_upstream_url));
    if (provider.proxy && (provider.proxy->tls || !provider.proxy->path.empty()))
      value->error("must be http:// with a host and a port" + value->not_this());
  }
  if (const auto value = map.find("ca_file")) {
    if (const auto path = value->text()) provider.ca_file = linker.options.folder / *path;
  }
  if (const auto value = map.find("allow_private")) set(provider.allow_private, value->flag());
  if (const auto value = map.find("headers")) provider.headers = read_headers(*value, linker);
  if (const auto value = map.find("timeouts")) {
    if (const auto fields = value->map()) provider.timeouts = read_timeouts(*fields);
  }
  if (const auto value = map.find("max_connections")) set(provider.max_connections, value->integer(1, 65536));
  if (const auto value = map.find("quirks")) {
    if (const auto fields = value->map()) provider.quirks = read_quirks(*fields);
  }
  check_reach(map, provider);
}

void refuse_remote_fields(const ConfigMap& map) {
  for (const YamlMember& member : map.value().node().members) {
    if (member.key != "models" && member.key != "without")
      map.value().error(fmt::format("is our engine: it has no \"{}\"", member.key));
  }
}

}  // namespace

void add_local_provider(GatewayConfig& config) {
  config.providers[std::string(kLocal)].name = kLocal;
}

void read_providers(const ConfigValue& section, ConfigLinker& linker) {
  for (const auto& [name, value] : section.entries()) {
    const bool is_reserved =
        std::find(std::begin(kReserved), std::end(kReserved), name) != std::end(kReserved);
    if (is_reserved ||
        !std::all_of(name.begin(), name.end(), [](char c) { return c != '/' && is_token_char(c); })) {
      value.error(
          "is not a name that a provider can have: letters, digits, '-', '_', '.', and not \"route\"");
      continue;
    }
    ProviderConfig& provider = linker.config.providers[name];
    provider.name = name;
    // A provider with errors stays known, so that those who name it are not in the wrong, too.
    if (name != kLocal) provider.dialect = ProviderDialect::openai;
    const auto map = value.map();
    if (!map) continue;
    name == kLocal ? refuse_remote_fields(*map) : read_remote(*map, provider, linker);
    if (const auto features = map->find("without")) provider.without = linker.features(*features);
    provider.without = provider.without.with(lacks_of_vendor(provider));
    if (const auto models = map->find("models")) read_models(*models, provider, linker);
  }
}

}  // namespace ferry
