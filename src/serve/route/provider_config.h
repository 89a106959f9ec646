#pragma once
// A provider as the configuration names it: where it is, how it is spoken to, and what its models can do.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/settings/units.h"
#include "serve/dialects/features.h"

namespace ferry {

// The wire format that a provider speaks. `local` is our engine: no wire.
enum class ProviderDialect { local, openai, anthropic };

// Where a secret stands. The configuration never holds one itself: it is kept, compared and printed.
struct SecretRef {
  enum class From { environment, file };

  From from = From::environment;
  std::string name;  // of the variable, or the file's path

  std::string text() const;  // "env:NAME", "file:PATH"
  bool operator==(const SecretRef&) const = default;
};

// The secret: a variable's value, or a file's one line. Errors: not set, not there, empty, more than one
// line, or with characters that cannot stand in a header. They name the place, never the secret.
Result<std::string> resolve(const SecretRef& secret);

// http or https, a host, a port and a path; no user, query or fragment.
struct UpstreamUrl {
  bool tls = true;
  std::string host;  // lower case; IPv6 without brackets
  uint16_t port = 443;
  std::string path;  // "" or "/v1": no slash at the end

  std::string text() const;
  bool operator==(const UpstreamUrl&) const = default;
};

// Errors complete "<field> ...": "must begin with https:// or http://".
Result<UpstreamUrl> parse_upstream_url(std::string_view text);

// Whether a host is, by its name or as a literal address, this machine or a network that is not public
// (loopback, private, link-local, unique local, carrier NAT, unspecified, mapped forms of them). A public
// name may still resolve to one: whoever connects looks at the address.
bool is_private_host(std::string_view host);

struct ProviderTimeouts {
  Duration connect{std::chrono::seconds(5)};  // TCP and TLS
  Duration first_token{std::chrono::seconds(60)};
  Duration idle{std::chrono::seconds(60)};  // between two pieces of a stream
  Duration total{std::chrono::minutes(10)};

  bool operator==(const ProviderTimeouts&) const = default;
};

// In what a provider differs from its dialect's inventor.
struct ProviderQuirks {
  enum class Auth { automatic, bearer, x_api_key, none };  // automatic: as the dialect's inventor has it
  enum class MaxTokensField { automatic, max_tokens, max_completion_tokens };

  Auth auth = Auth::automatic;
  MaxTokensField max_tokens_field = MaxTokensField::automatic;
  bool stream_usage = true;  // knows stream_options.include_usage
  std::string anthropic_version = "2023-06-01";

  bool operator==(const ProviderQuirks&) const = default;
};

struct ModelTraits {
  std::optional<int64_t> context = {};     // tokens of prompt and answer together
  std::optional<int64_t> max_output = {};  // tokens
  FeatureSet without = {};                 // that the model lacks, beside its provider's
  // Anthropic's: it decides itself how long it thinks, and an effort is told it as such. Not set: by its
  // name.
  std::optional<bool> adaptive_thinking = {};

  bool operator==(const ModelTraits&) const = default;
};

struct ProviderHeader {
  std::string name;
  std::variant<std::string, SecretRef> value;
};

struct ProviderConfig {
  std::string name;
  ProviderDialect dialect = ProviderDialect::local;
  UpstreamUrl url = {};              // not of `local`
  std::vector<SecretRef> keys = {};  // empty: sent without
  std::string region = {};           // as labels name it; empty: not known
  std::optional<UpstreamUrl> proxy = {};
  std::filesystem::path ca_file = {};  // empty: the system's
  bool allow_private = false;          // addresses that are not public, and http
  std::vector<ProviderHeader> headers = {};
  ProviderTimeouts timeouts = {};
  int max_connections = 256;
  ProviderQuirks quirks = {};
  FeatureSet without = {};  // of the dialect's features, those that it lacks
  std::map<std::string, ModelTraits, std::less<>> models = {};

  bool is_local() const { return dialect == ProviderDialect::local; }
};

// What a vendor's own API lacks of its dialect, whatever the configuration says. OpenAI's knows no thoughts
// in messages and no cache marks: servers that speak its dialect made those up.
FeatureSet lacks_of_vendor(const ProviderConfig& provider);

// As the model's traits say; otherwise by its name: Claude does from version 4.6 on ("claude-opus-4-6",
// "claude-sonnet-5-20270101"), whatever stands before "claude-".
bool thinks_adaptively(const ProviderConfig& provider, std::string_view model);

}  // namespace ferry
